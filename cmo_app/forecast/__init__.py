"""The cards of the forecast page."""
