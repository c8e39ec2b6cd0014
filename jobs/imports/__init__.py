"""Import of a company's own data: `python -m jobs import ENTITY FILE`."""
