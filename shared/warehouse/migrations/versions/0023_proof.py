"""What an accountant follows from a file's total to the signature."""

from shared.warehouse.migrations.from_sql import run

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Run the .sql files of this revision in order."""
    run(__file__)
