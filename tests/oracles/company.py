"""A compact company full of edge cases: what a demo company would show once in ten years happens here every month.

Events near midnight in time zones from Honolulu to Auckland, flagged leads, several appointments and contracts per lead, contracts without
appointment, jobs without contract, events entered in the wrong order, cancellations on the last free day and the day after, costs spread
over leap days.  Deterministic: the same seed makes the same rows.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import psycopg2.extras
from sqlalchemy import Engine

from tests.oracles.held import held

Row = dict[str, object]

TODAY = date(2026, 3, 18)
NOW = datetime(2026, 3, 18, 16, 30, tzinfo=UTC)
"""Half past twelve at head office (New York)."""
FIRST = date(2024, 11, 20)
ZONES = {1: "America/New_York", 2: "Pacific/Honolulu", 3: "Pacific/Auckland", 4: "America/Phoenix"}
QUIET_BRANCH = 4
"""Has people, but nothing ever happened there."""
BUSY = (1, 2, 3)
ROLES = ("rep", "agent", "canvasser", "technician")
SOURCES = (("Google", "Digital", "cpc", "Brand"), ("Bing", "Digital", "", ""), ("Doors", "Canvass", "", "Spring"), ("Friends", "Referral", "", ""), ("Radio", "Broadcast", "air", "Brand"))
RESULTS = ("Sold", "Demoed-Not-Sold", "Follow-Up", "Not-Demoed", "No-Show", "Cancelled", "Reset")
_ODD_TIMES = (time(0, 0), time(0, 0, 0, 1), time(23, 59, 59, 999_999), time(0, 30), time(23, 30))
_SPEND = ("media", "canvass_payroll", "telemarketing_payroll", "tools")


def clock() -> datetime:
    """Return the moment at which the company is looked at."""
    return NOW


@dataclass
class Maker:
    """Makes rows that the constraints allow, as strange as they may be."""

    rng: Random
    tables: dict[str, list[Row]] = field(default_factory=dict)
    """What was made, by table."""
    next_id: int = 1

    def add(self, table: str, **row: object) -> Row:
        """Keep a row under a new id."""
        made = {"id": self.next_id, **row}
        self.next_id += 1
        self.tables.setdefault(table, []).append(made)
        return made

    def chance(self, share: float) -> bool:
        """True with this probability."""
        return self.rng.random() < share

    def moment(self, branch: int, day: date) -> datetime:
        """A moment of the branch's ``day``, often one second from midnight."""
        at = self.rng.choice(_ODD_TIMES) if self.chance(0.35) else time(self.rng.randrange(7, 22), self.rng.randrange(60), self.rng.randrange(60))
        return datetime.combine(day, at, ZoneInfo(ZONES[branch])).astimezone(UTC)

    def day(self, low: date = FIRST, high: date = TODAY) -> date:
        """A day between the two, month ends and the last weeks more often than others."""
        if self.chance(0.25) and high == TODAY:
            low = max(low, TODAY - timedelta(days=40))
        found = low + timedelta(days=self.rng.randrange(max(1, (high - low).days + 1)))
        return found.replace(day=1) if self.chance(0.1) and found.replace(day=1) >= low else found

    def after(self, moment: datetime, days: float) -> datetime:
        """A moment at most ``days`` later; now and then the very same one."""
        return moment if self.chance(0.05) else moment + timedelta(seconds=round(self.rng.random() * days * 86_400, self.rng.choice((0, 0, 3))))

    def employee(self, branch: int, role: str) -> int | None:
        """The id of somebody of the branch with this role."""
        return self.rng.choice([int(str(row["id"])) for row in self.tables["employee"] if row["branch_id"] == branch and role in row["roles"]])  # type: ignore[operator]

    def maybe(self, branch: int, role: str) -> int | None:
        """The same, or nobody."""
        return None if self.chance(0.12) else self.employee(branch, role)

    def lead(self, branch: int, prospect: int) -> Row:
        """A lead's columns, without id."""
        created = self.moment(branch, self.day())
        attempted = self.after(created, self.rng.choice((0.002, 0.01, 0.02, 3))) if self.chance(0.85) else None
        if attempted and self.chance(0.1):
            attempted = created + timedelta(minutes=self.rng.choice((5, 15)))
        contacted = self.after(attempted, 2) if attempted and self.chance(0.7) else None
        return {"branch_id": branch, "prospect_id": prospect, "source_id": self.rng.randrange(1, 6), "canvasser_id": self.employee(branch, "canvasser") if self.chance(0.4) else None,
                "created_at": created, "first_attempt_at": attempted, "contacted_at": contacted,
                "disregard": self.rng.choice(("test", "duplicate", "invalid")) if self.chance(0.12) else None}

    def appointment(self, branch: int, lead: int, since: datetime) -> Row:
        """An appointment's columns, without id: now and then set after it was due, resulted before it was set or long after it was due."""
        set_at = self.after(since, 20)
        scheduled = self.after(set_at, 12) if self.chance(0.92) else set_at - timedelta(days=self.rng.randrange(1, 5))
        resulted = None
        if self.chance(0.8):
            resulted = self.after(scheduled, self.rng.choice((0.2, 0.2, 0.2, 6))) if self.chance(0.95) else scheduled - timedelta(days=self.rng.randrange(1, 30))
        result = self.rng.choice(RESULTS[:3] if self.chance(0.7) else RESULTS) if resulted else None
        return {"branch_id": branch, "lead_id": lead, "setter_id": self.maybe(branch, "agent"), "rep_id": self.maybe(branch, "rep"),
                "kind": self.rng.choice(("new", "new", "reset", "rehash")), "set_at": set_at, "scheduled_at": scheduled,
                "confirmed_at": self.after(set_at, 1) if self.chance(0.6) else None, "issued_at": self.after(set_at, 2) if self.chance(0.8) else None,
                "result": result, "resulted_at": resulted,
                "quoted_amount": self.money(30_000) if result in RESULTS[:3] and self.chance(0.9) else None}

    def sale(self, branch: int, appointment: int | None, around: datetime) -> Row:
        """A contract's columns, without id; cancelled ones often right at the end of the rescission window."""
        sold = self.after(around, self.rng.choice((0.1, 0.1, 40, 100)))
        status = self.rng.choice(("pending", "in_rescission", "firm", "firm", "cancelled", "credit_rejected"))
        ended = None
        if status in {"cancelled", "credit_rejected"}:
            local = sold.astimezone(ZoneInfo(ZONES[branch])).date()
            ended = max(sold, self.moment(branch, local + timedelta(days=self.rng.choice((0, 2, 3, 4, 5, 30))))) if self.chance(0.8) else self.after(sold, 200)
        gross = self.money(40_000)
        return {"branch_id": branch, "appointment_id": appointment, "product_id": self.rng.randrange(1, 4), "sold_at": sold, "gross": gross,
                "discount": round(gross * self.rng.choice((0, 0, 0.1, 1 if self.chance(0.02) else 0)), 2), "financed": status == "credit_rejected" or self.chance(0.4),
                "status": status, "rescission_ends_on": None, "cancelled_at": ended}

    def job(self, branch: int, sale: int | None, since: date) -> Row:
        """A job's columns, without id: some start before the sale, some are cancelled before or after they start, some contracts fell before."""
        status = self.rng.choice(("scheduled", "in_progress", "complete", "complete", "cancelled"))
        begins = since + timedelta(days=self.rng.randrange(-3, 60))
        started = begins if status in {"in_progress", "complete"} or (status == "cancelled" and self.chance(0.5)) else None
        ended = begins + timedelta(days=self.rng.choice((0, 1, 5, 40))) if self.chance(0.9) or status == "complete" else begins - timedelta(days=2)
        return {"branch_id": branch, "sale_id": sale, "product_id": self.rng.randrange(1, 4), "crew": self.rng.choice(("North", "South", "")), "status": status,
                "promised_on": begins + timedelta(days=self.rng.choice((0, 1, 5, 20))) if self.chance(0.85) else None, "started_on": started,
                "completed_on": ended if status == "complete" else None, "cancelled_on": ended if status == "cancelled" else None,
                "estimated_margin": self.money(9_000) if self.chance(0.8) else None, "actual_margin": self.money(9_000) - 2_000 if status == "complete" and self.chance(0.8) else None,
                "go_back": self.chance(0.2)}

    def payment(self, branch: int, sale: int, since: datetime, owed: float) -> Row:
        """A payment's columns, without id; often exactly what is owed, sometimes a refund."""
        amount = owed if self.chance(0.5) and owed else (self.money(20_000) or 1.0) * (-1 if self.chance(0.15) else 1)
        return {"branch_id": branch, "sale_id": sale, "paid_at": self.after(since, 60), "amount": amount, "method": self.rng.choice(("card", "check", "ach", "financing", "cash"))}

    def ticket(self, branch: int, job: int | None, since: date) -> Row:
        """A ticket's columns, without id."""
        opened = self.moment(branch, min(since + timedelta(days=self.rng.randrange(45)), TODAY))
        resolved = self.after(opened, self.rng.choice((0.5, 4, 40))) if self.chance(0.75) else None
        return {"branch_id": branch, "job_id": job, "technician_id": self.maybe(branch, "technician"), "opened_at": opened,
                "first_response_at": self.after(opened, 2) if self.chance(0.8) else None, "needs_visit": self.chance(0.7), "visits": self.rng.choice((0, 1, 1, 1, 2)),
                "resolved_at": resolved, "reopened": self.chance(0.15), "csat": self.rng.randrange(1, 6) if resolved and self.chance(0.6) else None,
                "nps": self.rng.randrange(11) if resolved and self.chance(0.6) else None}

    def shift(self, branch: int) -> Row:
        """Start, end and branch of a shift, often over midnight."""
        started = self.moment(branch, self.day())
        return {"branch_id": branch, "started_at": started, "ended_at": started + timedelta(seconds=self.rng.randrange(1, 86_400), microseconds=self.rng.choice((0, 1, 250_000)))}

    def call(self, branch: int, lead: int | None) -> Row:
        """A call's columns, without id."""
        return {"branch_id": branch, "agent_id": self.employee(branch, "agent"), "lead_id": lead, "direction": self.rng.choice(("outbound", "outbound", "inbound")),
                "started_at": self.moment(branch, self.day()), "seconds": self.rng.choice((0, 30, 86_400)),
                "disposition": self.rng.choice(("conversation", "set", "not_interested", "callback", "no_answer", "voicemail", "busy", "wrong_number"))}

    def knock(self, branch: int, shift: int, around: datetime) -> Row:
        """A knock's columns, without id; some are entered on another day than their shift."""
        return {"branch_id": branch, "shift_id": shift, "lead_id": None, "knocked_at": self.after(around, self.rng.choice((0.2, 0.2, 3))),
                "outcome": self.rng.choice(("no_answer", "not_home", "conversation", "not_interested", "callback", "lead", "set"))}

    def spend(self, branch: int) -> Row:
        """A cost's columns, without id: of a day, a month or a year, in cents that do not divide."""
        first = self.day(date(2023, 12, 1))
        return {"branch_id": branch, "source_id": self.rng.randrange(1, 6), "spent_on": first, "spent_to": first + timedelta(days=self.rng.choice((0, 0, 1, 6, 30, 365))),
                "amount": self.money(5_000), "kind": self.rng.choice(_SPEND)}

    def request(self) -> Row:
        """A request's columns, without id: times at the very limits of Apdex."""
        return {"service": self.rng.choice(("bi", "cmo")), "route": self.rng.choice(("/", "/api", "")), "requested_at": self.moment(1, self.day()),
                "status": self.rng.choice((200, 304, 404, 500, 503)), "milliseconds": self.rng.choice((0, 3, 500, 501, 2000, 2001, self.rng.randrange(4000)))}

    def touch(self, branch: int, prospect: int, around: datetime) -> Row:
        """A touch's columns, without id: often of the very same moment as another, now and then long before or after."""
        at = around + timedelta(days=self.rng.choice((0, 0, 0, -1, -7, -30, -90, -90.5, -200, 3)), seconds=self.rng.choice((0, 0, 1)))
        return {"branch_id": branch, "prospect_id": prospect, "source_id": self.rng.randrange(1, 6), "touched_at": at, "kind": self.rng.choice(("inquiry", "canvass", "call", "event"))}

    def probe(self) -> Row:
        """A probe's columns, without id."""
        return {"service": self.rng.choice(("bi", "cmo")), "probed_at": self.moment(2, self.day()), "is_good": self.chance(0.9), "milliseconds": self.rng.randrange(900)}

    def money(self, most: float) -> float:
        """An amount in cents, now and then nothing."""
        return 0.0 if self.chance(0.02) else round(self.rng.random() * most, 2)


def make(seed: int = 7, leads: int = 260) -> Maker:
    """Return the whole company."""
    maker = Maker(Random(seed))
    for branch, zone in ZONES.items():
        maker.tables.setdefault("branch", []).append({"id": branch, "name": zone.rpartition("/")[2].replace("_", " "), "time_zone": zone})
        for role in ROLES:
            for number in range(2):
                maker.add("employee", branch_id=branch, name=f"{role} {branch}{number}", roles=[role], active_from=FIRST)
    maker.tables["product"] = [{"id": number, "name": name} for number, name in enumerate(("Roof", "Siding", "Windows"), 1)]
    maker.tables["lead_source"] = [{"id": number, "name": name, "channel": channel, "medium": medium, "campaign": campaign}
                                   for number, (name, channel, medium, campaign) in enumerate(SOURCES, 1)]
    maker.tables["calendar_day"] = [_calendar_day(branch, FIRST + timedelta(days=n)) for branch in (1, 2) for n in range((TODAY - FIRST).days + 60)]
    maker.next_id = 1000
    for number in range(leads):
        _household(maker, BUSY[number % 3])
    for branch in BUSY:
        _rest(maker, branch, leads // 3)
    maker.tables |= held(BUSY, [int(str(row["id"])) for row in maker.tables["employee"]][:4], FIRST, TODAY, leads)
    for _ in range(leads):
        maker.add("request_log", **maker.request())
        if maker.chance(0.4):
            maker.add("probe", **maker.probe())
    for lead in maker.tables["lead"]:
        for _ in range(maker.rng.choice((0, 1, 1, 2, 5))):
            maker.add("touch", **maker.touch(int(str(lead["branch_id"])), int(str(lead["prospect_id"])), lead["created_at"]))  # type: ignore[arg-type]
    return maker


def _calendar_day(branch: int, day: date) -> Row:
    holiday = {(1, 1): "New Year", (7, 4): "Independence Day", (12, 25): "Christmas Day"}.get((day.month, day.day))
    works = day.weekday() != 6 and holiday is None
    return {"branch_id": branch, "day": day, "is_business_day": works, "holiday": holiday, "weight": float(works) * (0.5 if day.weekday() == 5 else 1),
            "fiscal_year": day.year, "fiscal_quarter": (day.month + 2) // 3, "fiscal_month": day.month}


def _household(maker: Maker, branch: int) -> None:
    prospect = maker.add("prospect", branch_id=branch, name=f"Household {maker.next_id}")
    lead = maker.add("lead", **maker.lead(branch, int(str(prospect["id"]))))
    created: datetime = lead["created_at"]  # type: ignore[assignment]
    for _ in range(maker.rng.choice((0, 1, 1, 2, 3))):
        appointment = maker.add("appointment", **maker.appointment(branch, int(str(lead["id"])), created))
        for _ in range(maker.rng.choice((0, 0, 1, 1, 2)) if maker.chance(0.8) else 0):
            _contract(maker, branch, int(str(appointment["id"])), appointment["resulted_at"] or appointment["scheduled_at"])  # type: ignore[arg-type]
    for _ in range(maker.rng.randrange(3)):
        maker.add("call", **maker.call(branch, int(str(lead["id"]))))


def _contract(maker: Maker, branch: int, appointment: int | None, around: datetime) -> None:
    sale = maker.add("sale", **maker.sale(branch, appointment, around))
    sold: datetime = sale["sold_at"]  # type: ignore[assignment]
    owed = round(float(str(sale["gross"])) - float(str(sale["discount"])), 2)
    for _ in range(maker.rng.choice((0, 1, 1, 2))):
        maker.add("payment", **maker.payment(branch, int(str(sale["id"])), sold, owed))
    if maker.chance(0.75):
        job = maker.add("job", **maker.job(branch, int(str(sale["id"])), sold.date()))
        _tickets(maker, branch, int(str(job["id"])), sold.date())


def _tickets(maker: Maker, branch: int, job: int | None, since: date) -> None:
    for _ in range(maker.rng.choice((0, 0, 1, 3))):
        maker.add("ticket", **maker.ticket(branch, job, since))


def _rest(maker: Maker, branch: int, count: int) -> None:
    for _ in range(count):
        maker.add("phone_shift", agent_id=maker.employee(branch, "agent"), **maker.shift(branch))
        maker.add("call", **maker.call(branch, None))
        shift = maker.add("canvass_shift", rep_id=maker.employee(branch, "canvasser"), territory=maker.rng.choice(("East", "West", "")), **maker.shift(branch))
        for _ in range(maker.rng.randrange(5)):
            maker.add("knock", **maker.knock(branch, int(str(shift["id"])), shift["started_at"]))  # type: ignore[arg-type]
        if maker.chance(0.3):
            maker.add("marketing_spend", **maker.spend(branch))
    for _ in range(count // 8):
        _contract(maker, branch, None, maker.moment(branch, maker.day()))
        _tickets(maker, branch, None, maker.day())
        maker.add("job", **maker.job(branch, None, maker.day()))


ORDER = ("branch", "employee", "product", "lead_source", "calendar_day", "prospect", "lead", "touch", "appointment", "sale", "job", "payment", "ticket", "phone_shift", "call", "canvass_shift",
         "knock", "marketing_spend", "request_log", "probe", "recon_case", "recon_item")
"""Tables in the order in which their rows refer to each other."""


def insert(cursor: object, table: str, rows: Sequence[Row]) -> None:
    """Insert ``rows`` in one statement."""
    names = list(rows[0])
    psycopg2.extras.execute_values(cursor, f"INSERT INTO crm.{table} ({', '.join(names)}) VALUES %s", [[row[name] for name in names] for row in rows], page_size=100_000)


def write(engine: Engine, maker: Maker, before: Callable[[object], None] = lambda _: None) -> None:
    """Write the company in one transaction; ``before`` gets the cursor first (partitions, say)."""
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute("SELECT crm.ensure_partitions(%s, %s)", (date(2025, 6, 1), date(2026, 5, 1)))
        before(cursor)
        for table in ORDER:
            insert(cursor, table, maker.tables[table])
        connection.commit()
        cursor.execute("ANALYZE")
        connection.commit()
    finally:
        connection.close()
