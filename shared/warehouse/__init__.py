"""PostgreSQL: engines, tables (Alembic), views with their refresh, dirty days, bulk loads."""
