"""The documentation of imports cannot drift."""

import inspect
import re
from pathlib import Path

import pytest

from jobs.imports.command import import_file
from jobs.imports.limits import LIMITS
from shared.warehouse.load_entities import ENTITIES

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "import.md").read_text()


def test_every_entity_stands_in_the_table_in_the_order_of_import() -> None:
    assert re.findall(r"^\| \[(\w+)\]\(samples/\1\.csv\)", TEXT, re.MULTILINE) == list(ENTITIES)


@pytest.mark.parametrize("entity", ENTITIES)
def test_every_entity_has_a_sample_with_all_its_required_fields(entity: str) -> None:
    header = (DOCS / "samples" / f"{entity}.csv").read_text().splitlines()[0].split(",")
    assert set(header) <= set(ENTITIES[entity].by_field)
    assert {one.name for one in ENTITIES[entity].fields if one.required} <= set(header)


def test_every_option_is_documented() -> None:
    names = {"mapping": "map", "constants": "set"}
    for name in list(inspect.signature(import_file).parameters)[2:]:
        assert f"--{names.get(name, name).replace('_', '-')}" in TEXT, name


def test_every_limit_is_documented() -> None:
    for value in (f"{LIMITS.columns}", f"{LIMITS.cell_characters:,}", f"{LIMITS.line_characters:,}", f"{LIMITS.record_lines:,}", f"{LIMITS.file_bytes // 1024**3} GB",
                  f"{LIMITS.workbook_bytes // 1024**2} MB", f"{LIMITS.unpacked_bytes // 1024**3} GB"):
        assert f" {value}" in TEXT
