"""What a page or a card says, apart from how it is drawn: the screen and every file are made from the same document, so their numbers are the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypeAlias

from shared.charts.template import Figure
from shared.metrics.metric import Unit


@dataclass(frozen=True)
class Amount:
    """A number with a unit of its own, in a column whose rows are not all of one unit (a list of metrics)."""

    value: float | None
    unit: Unit


Cell: TypeAlias = "str | float | int | date | datetime | Amount | None"
"""One value of a table; None (or NaN) is missing and stands as an em dash on the screen and as an empty cell in a workbook."""


@dataclass(frozen=True)
class Column:
    """One column of a table: text, a day where every value is a date, or a number in ``unit``."""

    label: str
    unit: Unit | None = None
    """None: text or days."""
    note: str = ""
    """What the column means, for the definitions."""
    to_the_cent: bool = False
    """Money whose cents are always shown: numbers that somebody answers for."""


@dataclass(frozen=True)
class Table:
    """Rows under typed columns; numbers are never rounded here."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    totals: tuple[Cell, ...] = ()
    """One more row that sums up all rows, also those that a screen leaves out; empty: there is none."""

    def __post_init__(self) -> None:
        """Refuse a row that does not fit the columns."""
        for row in (*self.rows, *([self.totals] if self.totals else [])):
            if len(row) != len(self.columns):
                raise ValueError(f"a row has {len(row)} values for {len(self.columns)} columns")


@dataclass(frozen=True)
class Block:
    """One card: a title, what it says in a sentence, a figure and the numbers behind it (either may be missing)."""

    key: str
    """Name within the document, in addresses and as the sheet of a workbook: lower case letters, digits and hyphens."""
    title: str
    says: str = ""
    """The answer in words, made from the numbers."""
    figure: Figure | None = None
    """Drawn in light colours (shared/charts)."""
    table: Table | None = None
    """The numbers behind the figure, or all there is."""
    note: str = ""
    """What to know when reading it: basis, maturity, sample, method."""

    @property
    def says_something(self) -> bool:
        """False where there is neither a sentence nor a figure nor a table: nothing to put into a file."""
        return bool(self.says or self.figure or self.table)


@dataclass(frozen=True)
class Document:
    """A page, a report or a single card, as of one moment."""

    title: str
    about: str
    """Which days, which branches, compared with what."""
    as_of: datetime
    """The moment that its oldest number is exact for; aware."""
    blocks: Sequence[Block]
    filters: Sequence[tuple[str, str]] = ()
    """(name, value) of everything that was chosen."""
    definitions: Mapping[str, str] = field(default_factory=dict)
    """Term -> meaning, formula and date anchor."""
    company: str = ""
    problems: Sequence[str] = ()
    """What of it could not be read, or is not as it stands now, in words: a screen says so in that place, a mail is kept back."""

    def block(self, key: str) -> Block | None:
        """Return the block called ``key``; None where there is none."""
        return next((block for block in self.blocks if block.key == key), None)
