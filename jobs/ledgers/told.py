"""What a person says of a file; what is not said is found out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Told:
    """What a person says of a file; what is not said is found out."""

    mapping: Mapping[str, str] = field(default_factory=dict)
    """Column to field; '-': leave it out."""
    dates: Literal["us", "eu"] | None = None
    decimal: Literal["dot", "comma"] | None = None
    separator: str | None = None
    encoding: str | None = None
    sheet: str | None = None
    header_row: int | None = None
