"""What the executive page is made of."""
