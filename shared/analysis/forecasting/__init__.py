"""Forecasts of series by day, week or hour: an ensemble, its backtest from many origins, and bands made from its own errors."""
