"""Which column of a file fills which field: remembered, told by options, or guessed from names; never guessed twice over."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from jobs.imports.choices import plain
from jobs.imports.refusal import ImportRefusedError, shown
from shared.warehouse.load_fields import Entity
from shared.warehouse.load_plan import Plan

OF_REJECTS = ("rejected_line", "rejected_because")
"""Columns that a rejects file adds; left out when such a file is corrected and imported again."""


@dataclass(frozen=True)
class Mapped:
    """One column and what becomes of it."""

    column: str
    field: str
    """Empty: left out."""
    how: str


def signature(header: Sequence[str]) -> str:
    """Return what two files with the same header have in common."""
    return hashlib.sha256(json.dumps(list(header)).encode()).hexdigest()


def pairs(options: Sequence[str], option: str) -> dict[str, str]:
    """Return options of the form ``left=right`` as a dictionary."""
    found: dict[str, str] = {}
    for one in options:
        left, equals, right = one.rpartition("=")
        if not equals or not left.strip():
            raise ImportRefusedError(f"{option} {shown(one)} must look like {'column=field' if option == '--map' else 'field=value'}")
        found[left.strip()] = right.strip()
    return found


def map_columns(entity: Entity, header: Sequence[str], told: Mapping[str, str], saved: Mapping[str, str], constants: Mapping[str, str]) -> list[Mapped]:
    """Return what becomes of each column: ``told`` wins over ``saved``, that over names.  Raises ImportRefusedError."""
    _known(entity, header, told, constants)
    settled = {column: Mapped(column, field, "remembered") for column, field in saved.items() if column in header and (not field or field in entity.by_field)}
    settled |= {column: Mapped(column, "" if field == "-" else field, "told") for column, field in told.items()}
    for column, one in list(settled.items()):
        if one.how == "remembered" and one.field and (one.field in told.values() or one.field in constants):
            settled[column] = Mapped(column, "", "")
    taken = {one.field for one in settled.values()} | set(constants)
    guessed = _guess(entity, [column for column in header if column not in settled], taken)
    mapped = [settled.get(column) or guessed.get(column) or Mapped(column, "", "") for column in header]
    for one in mapped:
        others = [other.column for other in mapped if other.field == one.field and one.field]
        if len(others) > 1:
            raise ImportRefusedError(f"columns {' and '.join(map(shown, others))} would both fill {one.field}; say which with --map, e.g. --map {shown(others[0] + '=' + one.field)}")
    return mapped


def _known(entity: Entity, header: Sequence[str], told: Mapping[str, str], constants: Mapping[str, str]) -> None:
    for column in told:
        if column not in header:
            close = get_close_matches(column, header, n=1)
            raise ImportRefusedError(f"--map: the file has no column {shown(column)}" + (f"; did you mean {shown(close[0])}?" if close else f"; it has: {listed(header)}"))
    for field in [*(field for field in told.values() if field not in {"", "-"}), *constants]:
        if field not in entity.by_field:
            close = get_close_matches(field, entity.by_field, n=1)
            hint = f"did you mean {close[0]}? " if close else ""
            raise ImportRefusedError(f"{entity.name} has no field {shown(field)}; {hint}its fields: {', '.join(entity.by_field)}")


def _guess(entity: Entity, columns: Sequence[str], taken: set[str]) -> dict[str, Mapped]:
    guessed: dict[str, Mapped] = {}
    open_columns = {column: plain(column) for column in columns if plain(column) not in OF_REJECTS}
    for how, names_of in (("by its name", lambda one: {one.name}), ("by a synonym", lambda one: set(one.synonyms))):
        for one in entity.fields:
            if one.name in taken:
                continue
            fitting = [column for column, spelled in open_columns.items() if _bare(spelled) in names_of(one) or spelled in names_of(one)]
            if len(fitting) > 1:
                raise ImportRefusedError(f"columns {' and '.join(map(shown, fitting))} both look like {one.name}; say which with --map, e.g. --map {shown(fitting[0] + '=' + one.name)}")
            if fitting:
                guessed[fitting[0]] = Mapped(fitting[0], one.name, how)
                taken = taken | {one.name}
                del open_columns[fitting[0]]
    return guessed


def _bare(spelled: str) -> str:
    """Return a repeated column's name without its number."""
    stem, _, number = spelled.rpartition("_")
    return stem if stem and number.isdigit() and number != "1" else spelled


def plan_of(entity: Entity, mapped: Sequence[Mapped], constants: Mapping[str, str]) -> Plan:
    """Return the plan of a mapping; raise ImportRefusedError that names every required field without a column."""
    plan = Plan(entity, frozenset({one.field for one in mapped if one.field} | set(constants)))
    if missing := plan.missing:
        names = " and ".join(one.name for one in missing)
        unused = [one.column for one in mapped if not one.field]
        raise ImportRefusedError(f"no column gives {names}, which every {entity.name} needs; name it with --map 'column={missing[0].name}' or give one value for all rows with"
                                 f" --set {missing[0].name}=…. Columns that are not used: {listed(unused) if unused else 'none'}")
    return plan


def listed(columns: Sequence[str], most: int = 20) -> str:
    """Return column names as a list fit for a sentence."""
    return ", ".join(map(shown, columns[:most])) + (f" and {len(columns) - most} more" if len(columns) > most else "")
