"""Pure functions over numbers: no database, no clock, no drawing."""
