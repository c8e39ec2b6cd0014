"""What a person chose for themselves: saved filters, theme, interval.  One JSON object per person."""

import json
from typing import Any

from sqlalchemy import text

from shared.people.person import Person
from shared.people.problems import AccountError
from shared.warehouse.engines import Engines

_LARGEST = 64 * 1024
_READ = text("SELECT preferences FROM app.person WHERE id = :id")
_WRITE = text("UPDATE app.person SET preferences = preferences || CAST(:changes AS jsonb) WHERE id = :id")


def preferences_of(engines: Engines, person: Person) -> dict[str, Any]:
    """Return what ``person`` chose; an empty object where nothing was."""
    with engines.primary_reader() as connection:
        return dict(connection.execute(_READ, {"id": person.id}).scalar_one_or_none() or {})


def remember(engines: Engines, person: Person, changes: dict[str, Any]) -> None:
    """Lay ``changes`` over what ``person`` chose before, key by key.  Raises AccountError above 64 KiB or for what is no JSON."""
    try:
        text_of = json.dumps(changes, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise AccountError("These choices cannot be kept: they are not JSON.") from error
    if len(text_of) > _LARGEST or "\\u0000" in text_of:
        raise AccountError("These choices are too large to be kept.")
    with engines.writer() as connection:
        connection.execute(_WRITE, {"id": person.id, "changes": text_of})
