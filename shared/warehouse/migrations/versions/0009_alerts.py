"""Early warning: rules, how each of their instances stands, what happened to it, and what is to be told to whom."""

from shared.warehouse.migrations.from_sql import run

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Run the .sql files of this revision in order."""
    run(__file__)
