"""How leads of each source follow its money, learnt once a day."""

from shared.warehouse.migrations.from_sql import run

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Run the .sql files of this revision in order."""
    run(__file__)
