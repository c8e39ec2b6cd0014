"""Reads what comes from a short list: choices, yes and no, roles, states, time zones, geometries."""

import json
import re
from functools import lru_cache

from jobs.imports.refusal import shown
from shared.warehouse.load_fields import Field

_YES = {"true", "t", "yes", "y", "1", "x", "on"}
_NO = {"false", "f", "no", "n", "0", "off"}
_BETWEEN = re.compile(r"[^a-z0-9]+")
_GEOMETRIES = {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"}


def plain(words: str) -> str:
    """Return words in one spelling: lower case, parted by underscores, camelCase taken apart."""
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", words[:400])
    return _BETWEEN.sub("_", parted.lower()).strip("_")


@lru_cache(maxsize=64)
def _spellings(choices: tuple[str, ...]) -> dict[str, str]:
    return {spelling: choice for choice in choices for spelling in (plain(choice), plain(choice).replace("_", ""))}


def read_choice(one: Field, value: str) -> str:
    """Return the choice that ``value`` spells, whatever its capitals, blanks and hyphens."""
    spelled = plain(value)
    found = _spellings(one.choices).get(spelled) or _spellings(one.choices).get(spelled.replace("_", ""))
    if found is None:
        raise ValueError(f"is none of: {', '.join(one.choices)}")
    return found


def read_flag(value: str) -> bool:
    """Return yes or no."""
    spelled = value.lower()
    if spelled in _YES or spelled in _NO:
        return spelled in _YES
    raise ValueError("is neither yes nor no")


def read_list(one: Field, value: str) -> str:
    """Return several choices, parted by ; , | or /, as PostgreSQL writes an array."""
    items = [item.strip().strip("\"'") for item in re.split(r"[;,|/]", value.strip("[]{}")) if item.strip()]
    if not items:
        raise ValueError(f"names none of: {', '.join(one.choices)}")
    return "{" + ",".join(dict.fromkeys(read_choice(one, item) for item in items)) + "}"


def read_state(value: str) -> str:
    """Return a state's two letters in capitals."""
    if re.fullmatch(r"[A-Za-z]{2}", value):
        return value.upper()
    raise ValueError("is not a state's two letters")


def read_zone(value: str, known: frozenset[str]) -> str:
    """Return the name of a time zone that the database knows."""
    if value in known:
        return value
    raise ValueError("is no time zone; it must be a name such as America/New_York")


def read_shape(value: str) -> str:
    """Return a GeoJSON geometry (that of a Feature, if it is one) as compact JSON."""
    try:
        shape = json.loads(value, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise ValueError("is not JSON") from None
    if isinstance(shape, dict) and shape.get("type") == "Feature":
        shape = shape.get("geometry")
    if not isinstance(shape, dict) or shape.get("type") not in _GEOMETRIES:
        raise ValueError("is not a GeoJSON geometry")
    text = json.dumps(shape, separators=(",", ":"), ensure_ascii=True)
    if "\\u0000" in text or re.search(r"\\ud[89a-f]", text):
        raise ValueError("holds characters that the database cannot keep")
    return text


def _no_number(name: str) -> float:
    raise ValueError(f"{shown(name)} is no JSON number")
