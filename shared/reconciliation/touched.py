"""From marks of changed rows to the rows that rules have to look at again."""

from typing import Final

from sqlalchemy import Connection, text

from shared.reconciliation.evaluating import Touched

MOST_MARKS: Final = 20_000
"""With more changes than this, looking at everything is quicker."""
_MARKS = text("SELECT id, entity, entity_id FROM crm.recon_mark WHERE entity NOT LIKE 'ledger %' ORDER BY id LIMIT :most")
_APPOINTMENTS = text("""
SELECT id FROM crm.appointment WHERE lead_id = ANY(CAST(:leads AS bigint[]))
UNION SELECT id FROM crm.appointment WHERE rep_id = ANY(CAST(:employees AS integer[]))
UNION SELECT appointment_id FROM crm.sale WHERE id = ANY(CAST(:sales AS bigint[])) AND appointment_id IS NOT NULL""")
_SALES = text("""
SELECT id FROM crm.sale WHERE appointment_id = ANY(CAST(:appointments AS bigint[]))
UNION SELECT sale_id FROM crm.split WHERE employee_id = ANY(CAST(:employees AS integer[]))
UNION SELECT sale_id FROM crm.job WHERE id = ANY(CAST(:jobs AS bigint[])) AND sale_id IS NOT NULL""")
_JOBS = text("SELECT id FROM crm.job WHERE sale_id = ANY(CAST(:sales AS bigint[]))")
# A sale that was entered anew under its old number takes the place of the one that vanished.
_NAMESAKES = text("""SELECT p.entity_id FROM crm.sale s JOIN crm.recon_case p ON p.rule = 'G7' AND p.fingerprint = 'G7:' || s.external_id WHERE s.id = ANY(CAST(:sales AS bigint[]))""")


class TooManyMarksError(RuntimeError):
    """So much has changed that a full run is due."""


def read_marks(connection: Connection) -> tuple[list[int], Touched]:
    """Return the ids of the marks there are and what they touch.  Raises TooManyMarksError."""
    marks = connection.execute(_MARKS, {"most": MOST_MARKS + 1}).all()
    if len(marks) > MOST_MARKS or any(mark.entity == "everything" for mark in marks):
        raise TooManyMarksError
    named: dict[str, set[int]] = {name: {mark.entity_id for mark in marks if mark.entity == name} for name in ("lead", "appointment", "sale", "job", "employee")}
    sales, appointments, jobs = named["sale"], named["appointment"], named["job"]
    employees = {"employees": sorted(named["employee"])}
    sales |= _ids(connection, _SALES, appointments=sorted(appointments), jobs=sorted(jobs), **employees)
    appointments |= _ids(connection, _APPOINTMENTS, leads=sorted(named["lead"]), sales=sorted(sales), **employees)
    sales |= _ids(connection, _SALES, appointments=sorted(appointments), jobs=sorted(jobs), **employees)
    sales |= _ids(connection, _NAMESAKES, sales=sorted(sales))
    jobs |= _ids(connection, _JOBS, sales=sorted(sales))
    return [mark.id for mark in marks], Touched(frozenset(appointments), frozenset(sales), frozenset(jobs))


def clear_marks(connection: Connection, marks: list[int]) -> None:
    """Take away marks whose rows have been looked at."""
    connection.execute(text("DELETE FROM crm.recon_mark WHERE id = ANY(CAST(:marks AS bigint[]))"), {"marks": marks})


def _ids(connection: Connection, statement: object, **values: object) -> set[int]:
    return set(connection.execute(statement, values).scalars())  # type: ignore[call-overload]
