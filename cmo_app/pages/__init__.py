"""The pages: one file each, listed in ``cmo_app/app.py``."""
