"""What is written about the product is true: names exist, links lead somewhere, generated parts are as generated."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from click import Group

from jobs.command_line import app
from jobs.metrics_command import DOCUMENT
from shared.metrics.catalogue import CATALOGUE
from shared.metrics.document import document
from shared.settings import Settings
from shared.warehouse.catalogue import VIEWS

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")])
TOLD = "\n".join(path.read_text() for path in DOCUMENTS)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_SKIPPED = {".git", ".venv", "var", "node_modules", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", ".import_linter_cache", ".benchmarks"}
_TEXT = {".py", ".md", ".sql", ".toml", ".yaml", ".yml", ".lock", ".txt", ".css", ".js", ".html", ".json", ".svg", ".cfg", ".sh", ".mako", ""}


def commands(group: Group, before: str = "") -> Iterator[str]:
    """Every command that is not hidden, with the words before it."""
    for name, command in group.commands.items():
        if isinstance(command, Group):
            yield from commands(command, f"{before}{name} ")
        elif not command.hidden:
            yield before + name


def headings(path: Path) -> set[str]:
    """The anchors of a document, as code hosts make them."""
    lines = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


def files() -> Iterator[Path]:
    """Every text file of the project."""
    for folder, below, names in os.walk(ROOT):
        below[:] = [name for name in below if name not in _SKIPPED]
        yield from (Path(folder) / name for name in names if Path(name).suffix in _TEXT)


def test_the_metrics_document_is_what_the_declarations_say() -> None:
    assert DOCUMENT.read_text(encoding="utf-8") == document(), "run: python -m jobs metrics --write"


def test_every_metric_and_view_has_its_entry() -> None:
    text = document()
    assert [each.name for each in CATALOGUE if f": `{each.name}`\n" not in text] == []
    assert [view.name for view in VIEWS if f"### `{view.name}`\n" not in text] == []


def test_every_command_is_documented() -> None:
    every = list(commands(typer.main.get_command(app)))  # type: ignore[arg-type]
    assert "refresh" in every
    assert [name for name in every if f"python -m jobs {name}" not in TOLD] == []


def test_no_command_is_documented_that_does_not_exist() -> None:
    every = set(commands(typer.main.get_command(app)))  # type: ignore[arg-type]
    first_words = {name.split()[0] for name in every}
    assert set(re.findall(r"python -m jobs ([a-z]+)", TOLD)) <= first_words


def test_every_make_target_that_is_mentioned_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", TOLD)) <= targets


def test_every_setting_that_is_mentioned_in_a_table_of_settings_exists() -> None:
    rows = re.findall(r"^\| `([A-Z][A-Z_]+)` \|", (ROOT / "docs" / "operations.md").read_text(), re.MULTILINE)
    assert {name.upper() for name in Settings.model_fields} <= set(rows)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    broken = []
    for target in _LINK.findall(path.read_text()):
        name, _, anchor = target.partition("#")
        if "://" in name:
            continue
        found = (path.parent / name).resolve() if name else path
        if not found.exists() or (anchor and anchor not in headings(found)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_is_named_exists(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
    named = re.findall(r"`((?:shared|jobs|bi_app|cmo_app|tests|tools|benchmarks|docs)/[\w./-]+\.\w+)`", text)
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_decision_is_numbered_once_and_titled_with_its_number() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [path.name[:4] for path in decisions]
    assert numbers == [f"{number:04}" for number in range(1, len(decisions) + 1)]
    assert [path.name for path in decisions if not re.match(rf"# 0*{int(path.name[:4])}[.:] ", path.read_text())] == []


def test_no_file_holds_a_path_of_the_machine_it_was_written_on() -> None:
    here = (str(ROOT), str(Path.home()) + "/")
    guilty = [str(path.relative_to(ROOT)) for path in files() if any(each in path.read_text(errors="replace") for each in here)]
    assert guilty == []


def test_no_lock_or_requirement_names_a_package_host() -> None:
    locks = [path for path in files() if path.suffix == ".lock" or path.name in {"pyproject.toml", "package-lock.json", "uv.lock.txt"}]
    assert len(locks) >= 3
    guilty = [path.name for path in locks if re.search(r"(index-url|find-links|https?://[^\s\"']*(?:simple|packages|\.tgz|\.whl))", path.read_text())]
    assert guilty == []
