"""A mail server that takes everything and keeps it as files: the demo's, for nobody's real mail."""
