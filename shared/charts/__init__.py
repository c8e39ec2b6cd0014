"""Figures as plain plotly dictionaries: numbers in, drawing out; no database, no Dash."""
