"""Runs the .sql files that belong to a revision."""

from pathlib import Path

from alembic import op


def run(revision_file: str) -> None:
    """Execute every ``<revision>*.sql`` beside ``revision_file``, in name order, as they stand (no parameter marks are read)."""
    here = Path(revision_file)
    number = here.name.split("_", 1)[0]
    for script in sorted(here.parent.glob(f"{number}_*.sql")):
        op.get_bind().exec_driver_sql(script.read_text().replace("%", "%%"))
