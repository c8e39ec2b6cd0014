"""What stands around every page of the CMO site, and the parts that pages are made of."""
