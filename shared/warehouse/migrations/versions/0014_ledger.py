"""Others' books against ours: sources, batches, what became of every row on both sides, and the proof that nothing is left over."""

from shared.warehouse.migrations.from_sql import run

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Run the .sql files of this revision in order."""
    run(__file__)
