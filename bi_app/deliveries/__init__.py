"""What the page of deliveries is made of."""
