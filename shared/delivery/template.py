"""Subjects and messages with a closed list of fields in braces; nothing else in them is ever evaluated."""

import re
from collections.abc import Mapping
from typing import Final

from shared.delivery.problems import ScheduleError
from shared.metrics.errors import nearest

FIELDS: Final = {
    "name": "the recipient's name", "sender": "the owner's name", "company": "the company's name", "title": "what is sent", "about": "its days and branches",
    "as_of": "the moment its numbers are exact for", "date": "the day on which it is due",
}
TITLE: Final = "{title}, {date}"
MESSAGE: Final = "Hello {name},\n\nhere is {title}: {about}."
_FIELD: Final = re.compile(r"\{([^{}]*)\}")


def checked(template: object, field: str, longest: int) -> str:
    """Return ``template`` if it is a text whose fields all exist.  Raises ScheduleError naming the field that does not."""
    if not isinstance(template, str) or not template.strip() or len(template) > longest:
        raise ScheduleError(field, f"Write a text of 1 to {longest} characters.")
    for name in _FIELD.findall(template):
        if name not in FIELDS:
            close = nearest(name, FIELDS) or "."
            raise ScheduleError(field, f"There is no field {{{name[:40]}}}{close} The fields are {', '.join(f'{{{each}}}' for each in FIELDS)}.")
    return template.strip()


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return ``template`` with each field replaced once; braces in a value stay as they are."""
    return _FIELD.sub(lambda match: values.get(match[1], match[0]), template)
