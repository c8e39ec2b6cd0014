"""Random single statements against the company: one row or many, every column, keys and days far in the past included."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import psycopg2
from psycopg2.extensions import cursor as Cursor

from tests.oracles.company import BUSY, Maker, Row, insert

Statement = Callable[[], None]
TABLES = ("lead", "appointment", "sale", "job", "payment", "ticket", "phone_shift", "call", "canvass_shift", "knock", "marketing_spend", "request_log", "probe", "touch")
"""Tables whose rows views count, each mutated on its own."""
KINDS = ("insert", "rewrite", "shift", "move", "delete", "upsert")
_MOMENTS = {"lead": "created_at", "appointment": "scheduled_at", "sale": "sold_at", "payment": "paid_at", "ticket": "opened_at", "phone_shift": "started_at", "call": "started_at",
            "canvass_shift": "started_at", "knock": "knocked_at", "job": "completed_on", "marketing_spend": "spent_on", "request_log": "requested_at", "probe": "probed_at", "touch": "touched_at"}
_TOGETHER = {"lead": ("created_at", "first_attempt_at", "contacted_at"), "sale": ("sold_at", "cancelled_at"), "ticket": ("opened_at", "first_response_at", "resolved_at"),
             "phone_shift": ("started_at", "ended_at"), "canvass_shift": ("started_at", "ended_at"), "marketing_spend": ("spent_on", "spent_to"),
             "appointment": ("set_at", "scheduled_at", "resulted_at"), "job": ("started_on", "completed_on", "cancelled_on", "promised_on")}
_PARENT = {"appointment": ("lead", "lead_id"), "sale": ("appointment", "appointment_id"), "job": ("sale", "sale_id"), "payment": ("sale", "sale_id"), "ticket": ("job", "job_id"),
           "knock": ("canvass_shift", "shift_id"), "call": ("lead", "lead_id"), "lead": ("prospect", "prospect_id"), "touch": ("prospect", "prospect_id")}
_CHILDREN = {parent: tuple((child, column) for child, (other, column) in _PARENT.items() if other == parent) for parent, _ in _PARENT.values()}


@dataclass
class Mutator:
    """Executes random statements on a cursor; a statement that a constraint refuses changes nothing and is counted as refused."""

    maker: Maker
    cursor: Cursor
    refused: int = 0
    done: int = 0

    def __call__(self, table: str, kind: str) -> bool:
        """Execute one statement of this kind; False: refused."""
        self.cursor.execute("SAVEPOINT statement")
        try:
            getattr(self, kind)(table)
        except psycopg2.IntegrityError:
            self.cursor.execute("ROLLBACK TO SAVEPOINT statement")
            self.refused += 1
            return False
        self.cursor.execute("RELEASE SAVEPOINT statement")
        self.done += 1
        return True

    def insert(self, table: str) -> None:
        """Insert one to three rows in one statement."""
        insert(self.cursor, table, [{"id": self._fresh_id(), **self.row(table)} for _ in range(self.maker.rng.randrange(1, 4))])

    def rewrite(self, table: str) -> None:
        """Give one row other values in every column, another parent included."""
        ids = self._ids(table, 1)
        self._update(table, ids, self.row(table, self._branch_of(table, ids)))

    def shift(self, table: str) -> None:
        """Move some rows by days, or by years into the past, all moments together or the anchor alone."""
        ids = self._ids(table, self.maker.rng.randrange(1, 4))
        by = timedelta(days=self.maker.rng.choice((-1, 1, -30, 45, -800)))
        names = _TOGETHER.get(table, (_MOMENTS[table],)) if self.maker.chance(0.6) else (_MOMENTS[table],)
        whole = "::int" if table in {"job", "marketing_spend"} else ""
        amount: object = by.days if whole else by
        values = ", ".join(f"{name} = {name} + %s{whole}" for name in names)
        self.cursor.execute(f"UPDATE crm.{table} SET {values} WHERE id = ANY(%s)", [amount] * len(names) + [ids])

    def move(self, table: str) -> None:
        """Give some rows another parent, or change one column alone."""
        ids = self._ids(table, self.maker.rng.randrange(1, 3))
        row = self.row(table, self._branch_of(table, ids))
        if table in _PARENT and self.maker.chance(0.7):
            self._update(table, ids, {name: row[name] for name in ("branch_id", _PARENT[table][1])})
            return
        name = self.maker.rng.choice(sorted(row))
        self._update(table, ids, {name: row[name]})

    def delete(self, table: str) -> None:
        """Delete one or two rows that nothing refers to."""
        free = " AND ".join(f"NOT EXISTS (SELECT FROM crm.{child} c WHERE c.{column} = p.id)" for child, column in _CHILDREN.get(table, ())) or "true"
        self.cursor.execute(f"SELECT p.id FROM crm.{table} p WHERE {free} ORDER BY p.id")
        ids = [row[0] for row in self.cursor.fetchall()]
        self.cursor.execute(f"DELETE FROM crm.{table} WHERE id = ANY(%s)", [self.maker.rng.sample(ids, self.maker.rng.randrange(1, 3))])

    def upsert(self, table: str) -> None:
        """Insert a row that is there already, changing it instead."""
        if table in {"call", "knock", "request_log"}:
            self.rewrite(table)
            return
        ids = self._ids(table, 1)
        row = {"id": ids[0], **self.row(table, self._branch_of(table, ids))}
        names, values = list(row), list(row.values())
        changes = ", ".join(f"{name} = excluded.{name}" for name in names if name != "id")
        self.cursor.execute(f"INSERT INTO crm.{table} ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))}) ON CONFLICT (id) DO UPDATE SET {changes}", values)

    def row(self, table: str, branch: int | None = None) -> Row:  # noqa: C901, PLR0911, PLR0912 - one branch per table
        """A new row of ``table`` without id, its parent picked among what is there now."""
        maker = self.maker
        branch = branch or maker.rng.choice(BUSY)
        match table:
            case "lead":
                return maker.lead(branch, self._one("prospect", branch)["id"])  # type: ignore[arg-type]
            case "appointment":
                lead = self._one("lead", branch)
                return maker.appointment(branch, lead["id"], lead["created_at"])  # type: ignore[arg-type]
            case "sale":
                parent = self._one("appointment", branch)
                return maker.sale(branch, None if maker.chance(0.1) else parent["id"], parent["resulted_at"] or parent["set_at"])  # type: ignore[arg-type]
            case "job":
                sale = self._one("sale", branch, "NOT EXISTS (SELECT FROM crm.job j WHERE j.sale_id = p.id)")
                return maker.job(branch, None if maker.chance(0.1) else sale["id"], sale["sold_on"])  # type: ignore[arg-type]
            case "payment":
                sale = self._one("sale", branch)
                return maker.payment(branch, sale["id"], sale["sold_at"], float(sale["amount"]))  # type: ignore[arg-type]
            case "ticket":
                job = self._one("job", branch)
                return maker.ticket(branch, None if maker.chance(0.1) else job["id"], maker.day())  # type: ignore[arg-type]
            case "phone_shift":
                return {"agent_id": maker.employee(branch, "agent"), **maker.shift(branch)}
            case "canvass_shift":
                return {"rep_id": maker.employee(branch, "canvasser"), "territory": maker.rng.choice(("East", "West", "")), **maker.shift(branch)}
            case "call":
                return maker.call(branch, None if maker.chance(0.3) else self._one("lead", branch)["id"])  # type: ignore[arg-type]
            case "knock":
                shift = self._one("canvass_shift", branch)
                return maker.knock(branch, shift["id"], shift["started_at"])  # type: ignore[arg-type]
            case "marketing_spend":
                return maker.spend(branch)
            case "request_log":
                return maker.request()
            case "touch":
                return maker.touch(branch, self._one("prospect", branch)["id"], maker.moment(branch, maker.day()))  # type: ignore[arg-type]
        return maker.probe()

    def _update(self, table: str, ids: list[int], values: Row) -> None:
        changes = ", ".join(f"{name} = %s" for name in values)
        self.cursor.execute(f"UPDATE crm.{table} SET {changes} WHERE id = ANY(%s)", [*values.values(), ids])

    def _ids(self, table: str, count: int) -> list[int]:
        self.cursor.execute(f"SELECT id FROM crm.{table} ORDER BY id")
        ids = [row[0] for row in self.cursor.fetchall()]
        return self.maker.rng.sample(ids, min(count, len(ids)))

    def _branch_of(self, table: str, ids: list[int]) -> int | None:
        """The branch of these rows, mostly: another one is refused where other rows refer to them."""
        if table in {"request_log", "probe"} or self.maker.chance(0.2):
            return None
        self.cursor.execute(f"SELECT min(branch_id) FROM crm.{table} WHERE id = ANY(%s)", [ids])
        return int((self.cursor.fetchone() or (0,))[0])

    def _one(self, table: str, branch: int, where: str = "true") -> Row:
        self.cursor.execute(f"SELECT * FROM crm.{table} p WHERE branch_id = %s AND {where} ORDER BY id", [branch])
        rows = self.cursor.fetchall()
        return dict(zip([column.name for column in self.cursor.description or ()], self.maker.rng.choice(rows), strict=True))

    def _fresh_id(self) -> int:
        self.maker.next_id += 1
        return self.maker.next_id
