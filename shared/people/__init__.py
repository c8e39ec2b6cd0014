"""People: accounts, roles, branches, sign-in and the log of who changed whom."""
