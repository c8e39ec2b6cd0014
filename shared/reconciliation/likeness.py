"""How alike two names, addresses or telephone numbers are: 0 nothing in common, 1 the same once spelling is put aside."""

import re
import unicodedata
from difflib import SequenceMatcher
from functools import lru_cache

_WORDS = re.compile(r"[a-z0-9]+")
_SHORT = {"street": "st", "avenue": "ave", "road": "rd", "drive": "dr", "lane": "ln", "court": "ct", "boulevard": "blvd", "place": "pl", "north": "n", "south": "s", "east": "e", "west": "w",
          "apartment": "apt", "mr": "", "mrs": "", "ms": "", "dr": "dr", "and": "", "the": "", "inc": "", "llc": ""}


@lru_cache(maxsize=200_000)
def plain(words: str) -> str:
    """Return words in one spelling: no accents, capitals or marks, usual abbreviations, in the order of the alphabet."""
    bare = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    return " ".join(sorted(filter(None, (_SHORT.get(word, word) for word in _WORDS.findall(bare)))))


@lru_cache(maxsize=200_000)
def digits(phone: str) -> str:
    """Return the last ten digits of a telephone number; empty where there are fewer than seven."""
    found = re.sub(r"\D", "", phone)
    return found[-10:] if len(found) >= 7 else ""


def likeness(left: str, right: str) -> float | None:
    """Return how alike two plain texts are; None where either is missing."""
    if not left or not right:
        return None
    if left == right:
        return 1.0
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    return matcher.ratio() if matcher.quick_ratio() >= 0.6 else matcher.quick_ratio() / 2
