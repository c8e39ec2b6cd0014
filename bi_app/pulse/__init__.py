"""What the live page is made of."""
