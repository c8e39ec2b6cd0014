"""Ledgers of others: files, folders and tables read into the records of a source."""
