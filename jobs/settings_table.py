"""The tables of settings in docs/operations.md: ``python -m jobs.settings_table`` writes them anew."""

from pathlib import Path

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from jobs.stack.options import StackSettings
from shared.settings import Settings

DOCUMENT = Path(__file__).parents[1] / "docs" / "operations.md"
TABLES: dict[str, type[BaseSettings]] = {"settings": Settings, "settings of make run": StackSettings}


def table(model: type[BaseSettings]) -> str:
    """Return one row per setting: variable, default, meaning."""
    rows = [f"| `{name.upper()}` | {_default(field)} | {field.description} |" for name, field in model.model_fields.items()]
    return "\n".join(["| Variable | Default | Meaning |", "|---|---|---|", *rows])


def with_tables(document: str) -> str:
    """Return ``document`` with what stands between its marks replaced."""
    for name, model in TABLES.items():
        before, begin, rest = document.partition(f"<!-- begin {name} -->\n")
        _, end, after = rest.partition(f"<!-- end {name} -->")
        if not end:
            raise ValueError(f"{DOCUMENT.name} has no marks for {name}")
        document = f"{before}{begin}{table(model)}\n{end}{after}"
    return document


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is PydanticUndefined:
        return "must be set"
    if value is None or value in ("", ()) or str(value) == "":
        return ""
    return f"`{int(value)}`" if isinstance(value, bool) else f"`{value}`"


if __name__ == "__main__":
    DOCUMENT.write_text(with_tables(DOCUMENT.read_text()))
