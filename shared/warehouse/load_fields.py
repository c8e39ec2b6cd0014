"""What an imported entity is made of: the vocabulary of the declarations in ``load_entities``.

A field says what a file's column may be called, what its cells may hold, and which column of the table it fills.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What the cells of a column hold."""

    TEXT = "text"
    CHOICE = "one of a list"
    FLAG = "yes or no"
    WHOLE = "whole number"
    NUMBER = "number"
    DAY = "date"
    MOMENT = "date and time"
    REFERENCE = "reference"
    LIST = "list"
    SHAPE = "GeoJSON geometry"
    ZONE = "time zone"
    STATE = "two-letter state"


STAGED = {Kind.FLAG: "boolean", Kind.WHOLE: "numeric", Kind.NUMBER: "numeric", Kind.DAY: "date", Kind.MOMENT: "timestamp", Kind.LIST: "text[]", Kind.SHAPE: "jsonb"}
"""PostgreSQL type of a staged column; text where a kind is not listed (references are staged as the keys they name)."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an entity: a column of a file on one side, a column of the table on the other."""

    name: str
    """What the field is called in files, mappings and messages."""
    kind: Kind
    column: str
    """The column of the table that it fills."""
    synonyms: tuple[str, ...] = ()
    required: bool = False
    default: str | None = None
    """SQL expression that an empty cell, or no column at all, stands for; it may name staged columns as ``s.<field>``."""
    filled: str | None = None
    """SQL expression for a new row whose cell is empty, where the database knows better than the file; such a cell leaves a known row as it is."""
    choices: tuple[str, ...] = ()
    least: int = 0
    """Least whole number."""
    most: int = 0
    """Greatest whole number; of text: the greatest length."""
    digits: int = 0
    """Digits before the decimal mark of a number."""
    decimals: int = 0
    exact: bool = False
    """More decimals than the column holds are refused rather than rounded (money)."""
    refers_to: str = ""
    by_name: bool = False
    """The reference may be given as a name instead of an external id."""
    same_branch: bool = False
    """The row and what it refers to belong to one branch, so that the branch can be left out of the file."""


@dataclass(frozen=True, slots=True)
class Entity:
    """One table that files can be imported into."""

    name: str
    meaning: str
    fields: tuple[Field, ...]
    keys: tuple[tuple[str, ...], ...] = (("external_id",),)
    """Sets of fields that identify a row, best first: the first whose fields a file has decides what is known already."""
    partitioned_by: str = ""
    """Field of the moment that the table is partitioned by, if it is."""
    by_field: dict[str, Field] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the fields by name."""
        object.__setattr__(self, "by_field", {one.name: one for one in self.fields})

    @property
    def branch(self) -> Field | None:
        """The field that names the row's branch; None: rows belong to no branch."""
        return self.by_field.get("branch")

    def branch_givers(self, mapped: set[str]) -> tuple[Field, ...]:
        """The mapped fields whose referenced row settles the branch."""
        return tuple(one for one in self.fields if one.same_branch and one.name in mapped)


def text(name: str, *synonyms: str, required: bool = False, default: str | None = None, most: int = 2000) -> Field:
    """Return a field of text."""
    return Field(name, Kind.TEXT, name, synonyms, required=required, default=default, most=most)


def key(entity: str, *synonyms: str, required: bool = True) -> Field:
    """Return the external id: what the row is called where it comes from."""
    usual = ("id", "key", "uuid", "guid", "record_id", f"{entity}_id", f"{entity}_external_id", f"{entity}_number", f"{entity}_no", f"{entity}_key")
    return Field("external_id", Kind.TEXT, "external_id", (*usual, *synonyms), required=required, filled="gen_random_uuid()::text", most=200)


def choice(name: str, choices: str, *synonyms: str, required: bool = True, default: str | None = None) -> Field:
    """Return a field that holds one of ``choices``, given as words separated by blanks."""
    return Field(name, Kind.CHOICE, name, synonyms, required=required, default=default, choices=tuple(choices.split()))


def flag(name: str, *synonyms: str, required: bool = False, default: str | None = None) -> Field:
    """Return a field of yes or no."""
    return Field(name, Kind.FLAG, name, synonyms, required=required, default=default)


def whole(name: str, least: int, most: int, *synonyms: str, required: bool = False, default: str | None = None) -> Field:
    """Return a field of whole numbers, both bounds included."""
    return Field(name, Kind.WHOLE, name, synonyms, required=required, default=default, least=least, most=most)


def number(name: str, digits: int, decimals: int, *synonyms: str, required: bool = False) -> Field:
    """Return a field of numbers with so many digits before the decimal mark; more decimals are rounded half up."""
    return Field(name, Kind.NUMBER, name, synonyms, required=required, digits=digits, decimals=decimals)


def money(name: str, *synonyms: str, required: bool = False, default: str | None = None) -> Field:
    """Return a field of dollars and cents; a third decimal is refused."""
    return Field(name, Kind.NUMBER, name, synonyms, required=required, default=default, digits=10, decimals=2, exact=True)


def day(name: str, *synonyms: str, required: bool = False, default: str | None = None, filled: str | None = None) -> Field:
    """Return a field of calendar days, local by nature."""
    return Field(name, Kind.DAY, name, synonyms, required=required, default=default, filled=filled)


def moment(name: str, *synonyms: str, required: bool = False, filled: str | None = None) -> Field:
    """Return a field of moments: branch-local where the file names no offset (UTC for entities without a branch)."""
    return Field(name, Kind.MOMENT, name, synonyms, required=required, filled=filled)


def named(name: str, refers_to: str, *synonyms: str, required: bool = False, same_branch: bool = False) -> Field:
    """Return a reference by external id or by name."""
    usual = (f"{name}_external_id", f"{name}_id", f"{name}_name")
    return Field(name, Kind.REFERENCE, f"{name}_id", (*usual, *synonyms), required=required, refers_to=refers_to, by_name=True, same_branch=same_branch, most=200)


def parent(refers_to: str, *synonyms: str, column: str = "", required: bool = False) -> Field:
    """Return a reference by external id to a row of the same branch."""
    short = (column or f"{refers_to}_id").removesuffix("_id")
    usual = (short, f"{short}_id", refers_to, f"{refers_to}_id", f"{refers_to}_external_id", f"{refers_to}_number", f"{refers_to}_no")
    return Field(f"{short}_external_id", Kind.REFERENCE, f"{short}_id", (*usual, *synonyms), required=required, refers_to=refers_to, same_branch=True, most=200)
