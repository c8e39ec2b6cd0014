"""What happens in a living demo company between the first call and the result of a visit; each event is one ordinary transaction.

Every event picks something that may happen now and keeps the rules that reconciliation checks: nobody is double-booked, people act for
their own branch while employed, dollars of splits add up.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, Row, text


@dataclass(frozen=True)
class Moment:
    """When an event happens, and the chance that decides about it."""

    now: datetime
    chance: random.Random

    def lately(self, **span: float) -> datetime:
        """Return the moment ``span`` ago."""
        return self.now - timedelta(**span)


Event = Callable[[Connection, Moment], str | None]
"""Makes one thing happen and says what in a few words; None: there was nothing that could."""
Names = Callable[[random.Random], tuple[str, str]]
"""Makes up a household: (name, address)."""

SLOTS = (time(10), time(13, 30), time(16, 30), time(19))
_EMPLOYED = "e.active_from <= CAST(:now AS date) - 1 AND coalesce(e.active_to, 'infinity') >= CAST(:now AS date) + 8"


def one(connection: Connection, statement: str, moment: Moment, **values: object) -> Row[Any] | None:
    """Return the first row of ``statement``; ``:now`` and ``:dice`` (0 to 1) are given."""
    wanted = {**values, "now": moment.now, "dice": moment.chance.random()}
    return connection.execute(text(statement), {name: value for name, value in wanted.items() if f":{name}" in statement}).first()


def someone(connection: Connection, moment: Moment, branch: int, role: str) -> int | None:
    """Return the id of somebody employed in the branch for this role, now and in the coming week."""
    found = one(connection, f"SELECT e.id FROM crm.employee e WHERE e.branch_id = :branch AND e.roles[1] = :role AND {_EMPLOYED} ORDER BY md5(e.id::text || :dice) LIMIT 1",
                moment, branch=branch, role=role)
    return found.id if found else None


def new_lead(connection: Connection, moment: Moment, names: Names, *, branch: int | None = None, canvasser: int | None = None) -> int:
    """Insert a household, its lead and its touch, and return the lead's id; with a canvasser it was raised, and contacted, at the door."""
    name, address = names(moment.chance)
    place = one(connection, "SELECT id, latitude, longitude, name, state_code FROM crm.branch WHERE coalesce(id = CAST(:branch AS int), true) ORDER BY md5(id::text || :dice) LIMIT 1",
                moment, branch=branch)
    assert place is not None, "a demo company has branches"
    channel = "channel = 'Canvass'" if canvasser else "channel <> 'Canvass'"
    source = one(connection, f"SELECT id FROM crm.lead_source WHERE {channel} ORDER BY md5(id::text || :dice) LIMIT 1", moment)
    assert source is not None, "a demo company has lead sources"
    household = one(connection, """
        INSERT INTO crm.prospect (branch_id, name, address, city, state_code, phone, latitude, longitude)
        VALUES (:branch, :name, :address, :city, :state, :phone, :latitude, :longitude) RETURNING id""", moment, branch=place.id, name=name, address=address, city=place.name,
        state=place.state_code, phone=f"(555) 9{moment.chance.randrange(100):02}-{moment.chance.randrange(10_000):04}",
        latitude=float(place.latitude) + moment.chance.gauss(0, 0.05), longitude=float(place.longitude) + moment.chance.gauss(0, 0.06))
    assert household is not None
    at_door = moment.now if canvasser else None
    lead = one(connection, """
        INSERT INTO crm.lead (branch_id, prospect_id, source_id, canvasser_id, created_at, first_attempt_at, contacted_at)
        VALUES (:branch, :prospect, :source, :canvasser, :now, :at_door, :at_door) RETURNING id""",
        moment, branch=place.id, prospect=household.id, source=source.id, canvasser=canvasser, at_door=at_door)
    assert lead is not None
    one(connection, "INSERT INTO crm.touch (branch_id, prospect_id, source_id, touched_at, kind) VALUES (:branch, :prospect, :source, :now, :kind) RETURNING id",
        moment, branch=place.id, prospect=household.id, source=source.id, kind="canvass" if canvasser else "inquiry")
    return int(lead.id)


def leads(names: Names) -> Event:
    """Return the event that somebody asks for an offer."""
    return lambda connection, moment: f"lead {new_lead(connection, moment, names)}"


def log_call(connection: Connection, moment: Moment, branch: int, lead: int, disposition: str) -> int | None:
    """Insert an agent's call that has just ended, lengthen the agent's shift, and return the agent."""
    agent = someone(connection, moment, branch, "agent")
    if agent is None:
        return None
    seconds = moment.chance.randint(60, 420) if disposition in {"set", "conversation", "not_interested", "callback"} else moment.chance.randint(8, 40)
    began = moment.now - timedelta(seconds=seconds)
    one(connection, """
        INSERT INTO crm.call (branch_id, agent_id, lead_id, direction, started_at, seconds, disposition)
        VALUES (:branch, :agent, :lead, 'outbound', :began, :seconds, :disposition) RETURNING id""",
        moment, branch=branch, agent=agent, lead=lead, began=began, seconds=seconds, disposition=disposition)
    longer = connection.execute(text("UPDATE crm.phone_shift SET ended_at = :now WHERE id = (SELECT max(id) FROM crm.phone_shift WHERE agent_id = :agent AND started_at > :since AND ended_at < :now)"),
                                {"now": moment.now, "agent": agent, "since": moment.lately(hours=5)})
    if not longer.rowcount:
        one(connection, "INSERT INTO crm.phone_shift (branch_id, agent_id, started_at, ended_at) VALUES (:branch, :agent, :began, :now) RETURNING id",
            moment, branch=branch, agent=agent, began=began)
    return agent


def telephone(connection: Connection, moment: Moment) -> str | None:
    """An agent calls a lead of the last days that nobody has reached: two of three answer."""
    lead = one(connection, """
        SELECT id, branch_id FROM crm.lead WHERE created_at BETWEEN :since AND :until AND contacted_at IS NULL AND disregard IS NULL
        ORDER BY first_attempt_at IS NOT NULL, md5(id::text || :dice) LIMIT 1 FOR UPDATE SKIP LOCKED""", moment, since=moment.lately(days=4), until=moment.lately(minutes=8))
    if lead is None:
        return None
    answers = moment.chance.random() < 0.62
    disposition = moment.chance.choice(("conversation", "callback", "not_interested") if answers else ("no_answer", "voicemail", "busy"))
    if log_call(connection, moment, lead.branch_id, lead.id, disposition) is None:
        return None
    connection.execute(text("UPDATE crm.lead SET first_attempt_at = coalesce(first_attempt_at, :began), contacted_at = CASE WHEN :answers THEN :now ELSE contacted_at END WHERE id = :id"),
                       {"began": moment.now - timedelta(seconds=420), "now": moment.now, "answers": answers, "id": lead.id})
    return f"called lead {lead.id}: {disposition.replace('_', ' ')}"


def make_appointment(connection: Connection, moment: Moment) -> str | None:
    """An agent sets the first appointment of a contacted lead, one to six days ahead; one of a household in two months."""
    lead = one(connection, """
        SELECT l.id, l.branch_id, b.time_zone FROM crm.lead l JOIN crm.branch b ON b.id = l.branch_id
        WHERE l.contacted_at > :since AND l.disregard IS NULL
          AND NOT EXISTS (SELECT FROM crm.appointment a JOIN crm.lead m ON m.id = a.lead_id WHERE m.prospect_id = l.prospect_id AND a.scheduled_at > :lately)
        ORDER BY md5(l.id::text || :dice) LIMIT 1 FOR UPDATE OF l SKIP LOCKED""", moment, since=moment.lately(days=2), lately=moment.lately(days=60))
    if lead is None:
        return None
    agent = log_call(connection, moment, lead.branch_id, lead.id, "set")
    if agent is None:
        return None
    made = one(connection, """
        INSERT INTO crm.appointment (branch_id, lead_id, setter_id, set_at, scheduled_at)
        VALUES (:branch, :lead, :agent, :now, ((CAST(:now AS timestamptz) AT TIME ZONE :zone)::date + CAST(:ahead AS int) + CAST(:slot AS time)) AT TIME ZONE :zone) RETURNING id""",
        moment, branch=lead.branch_id, lead=lead.id, agent=agent, zone=lead.time_zone, ahead=moment.chance.choice((1, 1, 2, 2, 3, 4, 5, 6)), slot=moment.chance.choice(SLOTS))
    return f"set appointment {made.id}" if made else None


def issue(connection: Connection, moment: Moment) -> str | None:
    """Give an appointment of the next two days to a rep who is free around that hour."""
    visit = one(connection, """
        SELECT id, branch_id, scheduled_at FROM crm.appointment WHERE scheduled_at BETWEEN :soon AND :until AND issued_at IS NULL AND result IS NULL
        ORDER BY scheduled_at LIMIT 1 FOR UPDATE SKIP LOCKED""", moment, soon=moment.now + timedelta(minutes=30), until=moment.now + timedelta(hours=46))
    if visit is None:
        return None
    rep = one(connection, f"""
        SELECT e.id FROM crm.employee e WHERE e.branch_id = :branch AND e.roles[1] = 'rep' AND {_EMPLOYED}
          AND NOT EXISTS (SELECT FROM crm.appointment a WHERE a.rep_id = e.id AND a.scheduled_at BETWEEN :before AND :after)
        ORDER BY md5(e.id::text || :dice) LIMIT 1""", moment, branch=visit.branch_id,
        before=visit.scheduled_at - timedelta(minutes=149), after=visit.scheduled_at + timedelta(minutes=149))
    if rep is None:
        return None
    connection.execute(text("UPDATE crm.appointment SET rep_id = :rep, issued_at = :now, confirmed_at = coalesce(confirmed_at, CASE WHEN :sure THEN :now END) WHERE id = :id"),
                       {"rep": rep.id, "now": moment.now, "sure": moment.chance.random() < 0.85, "id": visit.id})
    return f"issued appointment {visit.id}"


def knocks(names: Names) -> Event:
    """Return the event that a canvasser knocks at one more door, which may become a lead."""
    return lambda connection, moment: _knock(connection, moment, names)


def _knock(connection: Connection, moment: Moment, names: Names) -> str | None:
    walker = one(connection, f"SELECT e.id, e.branch_id, b.latitude, b.longitude FROM crm.employee e JOIN crm.branch b ON b.id = e.branch_id WHERE e.roles[1] = 'canvasser' AND {_EMPLOYED}"
                             " ORDER BY md5(e.id::text || :dice) LIMIT 1", moment)
    if walker is None:
        return None
    shift = one(connection, """
        UPDATE crm.canvass_shift SET ended_at = :now WHERE id = (SELECT max(id) FROM crm.canvass_shift WHERE rep_id = :rep AND started_at > :since AND ended_at < :now) RETURNING id""",
        moment, rep=walker.id, since=moment.lately(hours=5)) or one(connection, """
        INSERT INTO crm.canvass_shift (branch_id, rep_id, territory, started_at, ended_at) VALUES (:branch, :rep, 'Neighborhoods', :began, :now) RETURNING id""",
        moment, branch=walker.branch_id, rep=walker.id, began=moment.lately(minutes=3))
    assert shift is not None
    outcome = moment.chance.choices(("no_answer", "not_home", "conversation", "not_interested", "callback", "lead"), (47, 19, 12, 12, 4, 6))[0]
    won = new_lead(connection, moment, names, branch=walker.branch_id, canvasser=walker.id) if outcome == "lead" else None
    one(connection, """
        INSERT INTO crm.knock (branch_id, shift_id, lead_id, knocked_at, latitude, longitude, outcome)
        VALUES (:branch, :shift, :won, :now, :latitude, :longitude, :outcome) RETURNING id""", moment, branch=walker.branch_id, shift=shift.id, won=won, outcome=outcome,
        latitude=float(walker.latitude) + moment.chance.gauss(0, 0.02), longitude=float(walker.longitude) + moment.chance.gauss(0, 0.025))
    return f"knocked at a door: {outcome.replace('_', ' ')}"
