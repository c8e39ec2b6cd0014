"""${message}"""

from shared.warehouse.migrations.from_sql import run

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Run the .sql files of this revision in order."""
    run(__file__)
