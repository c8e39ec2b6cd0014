"""The public record-linkage set febrl4: 5,000 people, and 5,000 damaged copies of them."""

import csv
import gzip
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.reconciliation.likeness import plain
from shared.reconciliation.linkage import Fields, link

PUBLISHED = {"splink 5": (1.000, 0.9998), "rapidfuzz, one to one": (1.0, 1.0)}
"""Precision and recall."""
WEIGHTS = {"name": 3.0, "address": 2.0, "place": 1.0, "date_of_birth": 2.0, "soc_sec_id": 2.0}
LEAST = 0.5


def measure_febrl4(folder: Path) -> dict[str, Any]:
    """Link both lists and count against the truth, which stands in their identifiers."""
    files = [folder / f"febrl4{side}.csv.gz" for side in "ab"]
    if not all(each.is_file() for each in files):
        print(f"febrl4: {files[0]} is missing, so fuzzy matching is not measured; name the folder with BENCH_DATA.", file=sys.stderr)
        return {"missing": "no data here"}
    left, right = map(_read, files)
    begun = time.perf_counter()
    pairs = link([fields for _, fields in left], [fields for _, fields in right], WEIGHTS, _blocks, LEAST)
    seconds = time.perf_counter() - begun
    hits = sum(left[pair.left][0] == right[pair.right][0] for pair in pairs)
    print(f"febrl4: {len(pairs)} pairs in {seconds:.1f} s; published: " + ", ".join(f"{name} {precision}/{recall}" for name, (precision, recall) in PUBLISHED.items()), file=sys.stderr)
    return {"precision": hits / max(len(pairs), 1), "recall": hits / len(left), "seconds": seconds}


def _read(path: Path) -> list[tuple[str, Fields]]:
    """Return (number of the person, fields) of each row."""
    with gzip.open(path, "rt") as file:
        return [(row["rec_id"].split("-")[1], {
            "name": plain(f"{row['given_name']} {row['surname']}"), "address": plain(f"{row['street_number']} {row['address_1']} {row['address_2']}"),
            "place": plain(f"{row['suburb']} {row['postcode']}"), "date_of_birth": row["date_of_birth"].strip(), "soc_sec_id": row["soc_sec_id"].strip(),
        }) for row in csv.DictReader(file, skipinitialspace=True)]


def _blocks(fields: Fields) -> Iterator[str]:
    """Whoever shares a date of birth, a number, a place, the whole name, or a word of the name with one of the address, is compared."""
    for name in ("date_of_birth", "soc_sec_id", "place", "name"):
        if fields[name]:
            yield f"{name} {fields[name]}"
    for word in fields["name"].split():
        yield from (f"{word[:4]} {other}" for other in fields["address"].split() if len(other) > 3)
        if fields["date_of_birth"]:
            yield f"{word[:3]} {fields['date_of_birth'][:4]}"
