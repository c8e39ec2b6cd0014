"""Files that people ordered: what is to be made, how far it is, and the file itself."""

from shared.warehouse.migrations.from_sql import run

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Run the .sql files of this revision in order."""
    run(__file__)
