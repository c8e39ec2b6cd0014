"""How leads answer to money joins the truth about the demo company."""

from shared.warehouse.migrations.from_sql import run

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Run the .sql files of this revision in order."""
    run(__file__)
