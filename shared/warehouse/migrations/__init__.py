"""Alembic migrations of the tables; the statements stand in .sql files that can be pasted into psql."""
