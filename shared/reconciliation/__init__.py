"""Sales reconciliation: run, match, break, case, sign-off."""
