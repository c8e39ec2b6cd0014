"""What of a document goes into files."""

from shared.reports.document import Block, Document, Table
from shared.reports.series import table_of


def parts_of(document: Document) -> list[Block]:
    """Return the cards that say, show or count something; what is empty on the screen is left out of files."""
    return [block for block in document.blocks if block.says_something]


def numbers_of(block: Block) -> Table | None:
    """Return the numbers of a card: its table, or what its figure draws; None where it has neither."""
    return block.table or (table_of(block.figure) if block.figure is not None else None)
