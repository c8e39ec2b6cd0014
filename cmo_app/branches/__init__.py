"""The cards that put branches side by side."""
