"""Revenue forecasts: trained by jobs, kept whole with what they were made from, read by both sites to the digit."""
