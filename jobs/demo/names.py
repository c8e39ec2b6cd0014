"""Invented people and addresses: every household has its own address and a telephone number that does not exist."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.demo.arrays import Array, Generator, running_count

_NAMES: dict[str, str] = json.loads((Path(__file__).parent / "data/names.json").read_text())
FIRST, LAST = tuple(_NAMES["first"].split()), tuple(_NAMES["last"].split())
STREETS = tuple(
    f"{name} {kind}"
    for kind in ("St", "Ave", "Dr", "Ln", "Rd", "Ct")
    for name in ("Maple", "Oak", "Cedar", "Elm", "Walnut", "Chestnut", "Highland", "Sunset", "Park", "Lake", "Hill", "River", "Washington", "Lincoln", "Franklin", "Jefferson",
                 "Meadow", "Forest", "Church", "Mill", "Spring", "Ridge", "Valley", "Locust", "Willow", "Birch", "Dogwood", "Hickory", "Orchard", "Fairview")
)


def people(rng: Generator, size: int) -> Array:
    """Return ``size`` full names."""
    first, last = rng.integers(len(FIRST), size=size), rng.integers(len(LAST), size=size)
    return np.array([f"{FIRST[a]} {LAST[b]}" for a, b in zip(first, last, strict=True)], dtype=object)


def text_of(labels: tuple[str, ...], places: Array) -> pa.Array:
    """Return the label at each place as arrow text; a negative place is missing."""
    return pa.array(labels, pa.string()).take(pa.array(places, pa.int64(), mask=places < 0))


def numbered(prefix: str, numbers: Array, width: int) -> pa.Array:
    """Return ``prefix`` + the number, padded with zeros."""
    return pc.binary_join_element_wise(prefix, pc.utf8_lpad(pc.cast(pa.array(numbers), pa.string()), width, "0"), "")


def households(rng: Generator, ids: Array, towns: list[list[object]], area: int) -> dict[str, object]:
    """Return the columns of crm.prospect for these ids, beside id and branch.  No two share an address, a telephone or an e-mail."""
    size = len(ids)
    first, last = rng.integers(len(FIRST), size=size), rng.integers(len(LAST), size=size)
    weights = np.r_[3.0, np.ones(len(towns) - 1)] if len(towns) > 1 else np.ones(1)
    town = rng.choice(len(towns), size=size, p=weights / weights.sum())
    street = rng.integers(len(STREETS), size=size)
    house = 101 + 2 * running_count(town * len(STREETS) + street)
    places = np.array([[float(str(place[2])), float(str(place[3]))] for place in towns])[town]
    first_name, last_name = text_of(FIRST, first), text_of(LAST, last)
    plain = pc.replace_substring(last_name, "'", "")
    return {
        "name": pc.binary_join_element_wise(first_name, last_name, " "),
        "address": pc.binary_join_element_wise(pc.cast(pa.array(house), pa.string()), text_of(STREETS, street), " "),
        "city": text_of(tuple(str(place[0]) for place in towns), town),
        "state_code": text_of(tuple(str(place[1]) for place in towns), town),
        "postal_code": numbered("", area * 100 + town * 3 + street % 3, 5),
        # Area code 555 is assigned to nobody.
        "phone": pc.binary_join_element_wise("(555) ", pc.utf8_slice_codeunits(numbered("", ids + 2_000_000, 7), 0, 3), "-",
                                             pc.utf8_slice_codeunits(numbered("", ids + 2_000_000, 7), 3, 7), ""),
        "email": pc.binary_join_element_wise(pc.utf8_lower(first_name), ".", pc.utf8_lower(plain), pc.cast(pa.array(ids), pa.string()), "@mail.example", ""),
        "latitude": np.round(places[:, 0] + rng.normal(0, 0.028, size), 6),
        "longitude": np.round(places[:, 1] + rng.normal(0, 0.036, size), 6),
    }
