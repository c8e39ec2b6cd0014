"""The columns of each crm table as arrow arrays, made from a branch's world of positions, codes and local moments."""

import numpy as np
import pyarrow as pa

from jobs.demo.arrays import NONE, Array, Rows, Zone, local_day
from jobs.demo.market import (
    DIRECTIONS,
    DISPOSITIONS,
    DISREGARDS,
    JOB_STATUSES,
    KINDS,
    METHODS,
    OUTCOMES,
    RESULTS,
    SPEND_KINDS,
    SPLIT_ROLES,
    STATUSES,
    TOUCH_KINDS,
)
from jobs.demo.names import numbered, text_of
from jobs.demo.technology import ROUTES, SERVICES


def moments(utc: Array) -> pa.Array:
    """Return UTC seconds as timestamps; NONE is null."""
    return pa.array(utc, pa.int64(), mask=utc == NONE).cast(pa.timestamp("s", "UTC"))


def days(numbers: Array) -> pa.Array:
    """Return day numbers as dates; NONE is null."""
    missing = numbers == NONE
    return pa.array(np.where(missing, 0, numbers).astype(np.int32), pa.int32(), mask=missing).cast(pa.date32())


def dollars(cents: Array) -> pa.Array:
    """Return cents as dollars; NONE is null."""
    return pa.array(np.asarray(cents) / 100.0, pa.float64(), mask=np.asarray(cents) == NONE)


def links(ids: Array, places: Array | None = None) -> pa.Array:
    """Return ids, or the ids at ``places``; a negative place or an id below 1 is null."""
    found = np.asarray(ids) if places is None else np.where(places >= 0, np.asarray(ids)[np.maximum(places, 0)] if len(ids) else 0, 0)
    return pa.array(found, pa.int64(), mask=found < 1)


class Shelf:
    """Makes the tables of one branch."""

    def __init__(self, branch: int, zone: Zone) -> None:
        """Keep what every table of the branch needs."""
        self.branch, self.zone = branch, zone

    def table(self, ids: Array, prefix: str, **columns: pa.Array | Array) -> pa.Table:
        """Return a table with id, external id and branch before ``columns``."""
        branch = pa.array(np.full(len(ids), self.branch, dtype=np.int16))
        return pa.table({"id": pa.array(ids), "external_id": numbered(prefix, ids, 8), "branch_id": branch, **columns})

    def at(self, name: str, local: Array, day: str = "") -> dict[str, pa.Array]:
        """Return the moment column ``name`` and, where ``day`` names it, its business day."""
        found = {name: moments(self.zone.to_utc(local))}
        return {**found, day: days(local_day(local))} if day else found

    def lead(self, rows: Rows, prospect_ids: Array, canvassers: Array) -> pa.Table:
        """crm.lead."""
        return self.table(
            rows["id"], "LD-", prospect_id=links(prospect_ids, rows["household"]), source_id=pa.array(rows["source"] + 1), canvasser_id=links(canvassers, rows["canvasser"]),
            **self.at("created_at", rows["created"], "created_on"), **self.at("first_attempt_at", rows["first_attempt"]), **self.at("contacted_at", rows["contacted"]),
            disregard=text_of(DISREGARDS, rows["disregard"]))

    def touch(self, rows: Rows, prospect_ids: Array, households: Array) -> pa.Table:
        """crm.touch."""
        return self.table(rows["id"], "TO-", prospect_id=links(prospect_ids, households[rows["lead"]]), source_id=pa.array(rows["source"] + 1),
                          **self.at("touched_at", rows["at"], "touched_on"), kind=text_of(TOUCH_KINDS, rows["kind"]))

    def phone_shift(self, rows: Rows, agents: Array) -> pa.Table:
        """crm.phone_shift."""
        return self.table(rows["id"], "PS-", agent_id=links(agents, rows["agent"]), **self.at("started_at", rows["started"], "started_on"), **self.at("ended_at", rows["ended"]))

    def call(self, rows: Rows, lead_ids: Array, agents: Array) -> pa.Table:
        """crm.call."""
        return self.table(
            rows["id"], "CA-", agent_id=links(agents, rows["agent"]), lead_id=links(lead_ids, rows["lead"]), direction=text_of(DIRECTIONS, rows["inbound"].astype(np.int64)),
            **self.at("started_at", rows["at"], "started_on"), seconds=pa.array(rows["seconds"]), disposition=text_of(DISPOSITIONS, rows["disposition"]))

    def canvass_shift(self, rows: Rows, canvassers: Array, towns: tuple[str, ...]) -> pa.Table:
        """crm.canvass_shift."""
        return self.table(rows["id"], "CS-", rep_id=links(canvassers, rows["person"]), territory=text_of(towns, rows["town"]),
                          **self.at("started_at", rows["started"], "started_on"), **self.at("ended_at", rows["ended"]))

    def knock(self, rows: Rows, shift_ids: Array, lead_ids: Array) -> pa.Table:
        """crm.knock."""
        return self.table(
            rows["id"], "KN-", shift_id=links(shift_ids, rows["shift"]), lead_id=links(lead_ids, rows["lead"]), **self.at("knocked_at", rows["at"], "knocked_on"),
            latitude=pa.array(rows["latitude"]), longitude=pa.array(rows["longitude"]), outcome=text_of(OUTCOMES, rows["outcome"]))

    def appointment(self, rows: Rows, lead_ids: Array) -> pa.Table:
        """crm.appointment."""
        return self.table(
            rows["id"], "AP-", lead_id=links(lead_ids, rows["lead"]), setter_id=links(rows["setter_id"]), rep_id=links(rows["rep_id"]), kind=text_of(KINDS, rows["kind"]),
            **self.at("set_at", rows["set"], "set_on"), **self.at("scheduled_at", rows["scheduled"], "scheduled_on"), **self.at("confirmed_at", rows["confirmed"]),
            **self.at("issued_at", rows["issued"]), result=text_of(RESULTS, rows["result"]), **self.at("resulted_at", rows["resulted"], "resulted_on"),
            quoted_amount=dollars(rows["quoted"]))

    def sale(self, rows: Rows, appointment_ids: Array) -> pa.Table:
        """crm.sale."""
        return self.table(
            rows["id"], "SA-", appointment_id=links(appointment_ids, rows["appointment"]), product_id=pa.array(rows["product"] + 1), **self.at("sold_at", rows["sold"], "sold_on"),
            gross=dollars(rows["gross"]), discount=dollars(rows["discount"]), financed=pa.array(rows["financed"]), status=text_of(STATUSES, rows["status"]),
            rescission_ends_on=days(rows["ends"]), **self.at("cancelled_at", rows["ended"], "cancelled_on"))

    def change_order(self, rows: Rows, sale_ids: Array) -> pa.Table:
        """crm.change_order."""
        return self.table(rows["id"], "CO-", sale_id=links(sale_ids, rows["sale"]), **self.at("changed_at", rows["at"], "changed_on"), amount=dollars(rows["cents"]))

    def split(self, rows: Rows, sale_ids: Array) -> pa.Table:
        """crm.split."""
        return self.table(
            rows["id"], "SP-", sale_id=links(sale_ids, rows["sale"]), employee_id=links(rows["employee"]), role=text_of(SPLIT_ROLES, rows["role"]), percent=pa.array(rows["percent"]),
            amount=dollars(rows["cents"]), **self.at("locked_at", rows["locked"]), **self.at("edited_at", rows["edited"]))

    def job(self, rows: Rows, sale_ids: Array, code: str) -> pa.Table:
        """crm.job; margins are known from the day they are due."""
        crews = tuple(f"{code} crew {n}" for n in range(1, 12))
        actual = np.where(rows["completed"] == NONE, NONE, rows["actual"])
        return self.table(
            rows["id"], "JB-", sale_id=links(sale_ids, rows["sale"]), product_id=pa.array(rows["product"] + 1), crew=text_of(crews, rows["crew"] - 1),
            status=text_of(JOB_STATUSES, rows["status"]), promised_on=days(rows["promised"]), started_on=days(rows["started"]), completed_on=days(rows["completed"]),
            cancelled_on=days(rows["cancelled"]), estimated_margin=dollars(rows["estimate"]), actual_margin=dollars(actual), go_back=pa.array(rows["back"]))

    def payment(self, rows: Rows, sale_ids: Array) -> pa.Table:
        """crm.payment."""
        return self.table(rows["id"], "PY-", sale_id=links(sale_ids, rows["sale"]), **self.at("paid_at", rows["at"], "paid_on"), amount=dollars(rows["cents"]), method=text_of(METHODS, rows["method"]))

    def ticket(self, rows: Rows, job_ids: Array, technicians: Array) -> pa.Table:
        """crm.ticket."""
        scores = {name: pa.array(rows[name], pa.int64(), mask=rows[name] == NONE) for name in ("csat", "nps")}
        return self.table(
            rows["id"], "TK-", job_id=links(job_ids, rows["job"]), technician_id=links(technicians, rows["technician"]), **self.at("opened_at", rows["opened"], "opened_on"),
            **self.at("first_response_at", rows["response"]), needs_visit=pa.array(rows["visit"]), visits=pa.array(rows["visits"]),
            **self.at("resolved_at", rows["resolved"], "resolved_on"), reopened=pa.array(rows["reopened"]), **scores)

    def marketing_spend(self, rows: Rows) -> pa.Table:
        """crm.marketing_spend."""
        return self.table(rows["id"], "MS-", source_id=pa.array(rows["source"] + 1), spent_on=days(rows["first"]), spent_to=days(rows["last"]), amount=dollars(rows["cents"]),
                          kind=text_of(SPEND_KINDS, rows["kind"]))


def request_log(rows: Rows) -> pa.Table:
    """crm.request_log."""
    services, routes = tuple(route[0] for route in ROUTES), tuple(route[1] for route in ROUTES)
    return pa.table({"id": rows["id"], "external_id": numbered("RQ-", rows["id"], 8), "service": text_of(services, rows["route"]), "route": text_of(routes, rows["route"]),
                     "requested_at": moments(rows["at"]), "status": rows["status"], "milliseconds": rows["ms"]})


def probe(rows: Rows) -> pa.Table:
    """crm.probe."""
    return pa.table({"id": rows["id"], "external_id": numbered("PB-", rows["id"], 8), "service": text_of(SERVICES, rows["service"]), "probed_at": moments(rows["at"]),
                     "is_good": rows["good"], "milliseconds": rows["ms"]})
