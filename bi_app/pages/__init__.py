"""The pages of the BI site."""
