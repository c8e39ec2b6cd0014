"""Names of sheets as Excel takes them: at most 31 characters, none of the marks that addresses of cells use, no quote at either end, never twice, not History."""

import re
from collections.abc import Iterable
from typing import Final

from shared.reports.text import clean

LONGEST: Final = 31
_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\\t\r\n]+")


def sheet_names(titles: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """Return a name for each of ``titles``, in order; what is too long is cut, what is there already gets a number."""
    used = {name.lower() for name in taken} | {"history"}
    found = []
    for title in titles:
        plain = " ".join(_FORBIDDEN.sub(" ", clean(title)).split()).strip("' ")[:LONGEST].strip("' ") or "Sheet"
        name, number = plain, 2
        while name.lower() in used:
            ending = f" {number}"
            name, number = plain[: LONGEST - len(ending)].rstrip("' ") + ending, number + 1
        used.add(name.lower())
        found.append(name)
    return found
