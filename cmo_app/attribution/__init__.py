"""The cards of attribution."""
