"""Reads the touches that led to conversions, and those that led to none, for attribution: joined and put in order in PostgreSQL, read in parts of bounded size.

A conversion's journey is what touched its prospect within the lookback before it, in the order of time (of the same moment: by id); touches after it
are not in it.  A journey without a conversion is of a prospect touched in the period who, from the lookback before the last touch on, has not converted
by now; prospects whose every lead is flagged test, duplicate or invalid are left out.
"""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

import numpy as np
from sqlalchemy import Connection, text

from shared.warehouse.pool import raw_connection

Conversion = Literal["net_sale", "gross_sale", "issued", "demo"]
Array = np.ndarray[Any, Any]

_VISIT = "FROM crm.appointment a JOIN crm.lead l ON l.branch_id = a.branch_id AND l.id = a.lead_id AND l.disregard IS NULL"
_SALE = ("SELECT s.id, l.prospect_id, s.branch_id, s.sold_on AS day, s.sold_at AS at, (s.amount * 100)::bigint AS cents FROM crm.sale s"
         " LEFT JOIN crm.appointment a ON a.branch_id = s.branch_id AND a.id = s.appointment_id LEFT JOIN crm.lead l ON l.branch_id = a.branch_id AND l.id = a.lead_id")
_CONVERSIONS: Final[dict[str, str]] = {
    "net_sale": f"{_SALE} WHERE s.status NOT IN ('cancelled', 'credit_rejected')",
    "gross_sale": _SALE,
    # Anchored on the day the appointment was due, as every number of appointments; what happened after it was given out, or after the visit, did not bring it about.
    "issued": f"SELECT a.id, l.prospect_id, a.branch_id, a.scheduled_on AS day, a.issued_at AS at, 0::bigint AS cents {_VISIT} WHERE a.issued_at IS NOT NULL",
    "demo": (f"SELECT a.id, l.prospect_id, a.branch_id, a.scheduled_on AS day, a.scheduled_at AS at, 0::bigint AS cents {_VISIT}"
             " WHERE a.result IN ('Sold', 'Demoed-Not-Sold', 'Follow-Up')"),
}
"""Kind -> one row per conversion, on the day that the metric of the same things counts it."""
_OURS = "(%(branches)s::int[] IS NULL OR {0}.branch_id = ANY(%(branches)s::int[]))"
_SINCE = "{0} - coalesce(make_interval(hours => 24 * %(lookback)s::int), 'infinity')"

_JOURNEYS = """
WITH conversion AS ({conversions}), taken AS MATERIALIZED (
    SELECT c.* FROM conversion c WHERE c.day BETWEEN %(first)s AND %(last)s AND {ours} ORDER BY c.prospect_id, c.id
)
SELECT c.id, c.cents, coalesce(t.source_id, 0::smallint) AS source_id, coalesce(extract(epoch FROM c.at - t.touched_at) / 86400, 0)::float8 AS days
FROM taken c
LEFT JOIN crm.touch t ON t.prospect_id = c.prospect_id AND t.branch_id = c.branch_id AND t.touched_at BETWEEN {since} AND c.at
ORDER BY c.prospect_id, c.id, t.touched_at, t.id
"""
_RECORD = np.dtype([("fields", ">i2"), ("id_size", ">i4"), ("id", ">i8"), ("cents_size", ">i4"), ("cents", ">i8"), ("source_size", ">i4"), ("source", ">i2"), ("days_size", ">i4"), ("days", ">f8")])
_HEADER, _TRAILER = 19, b"\xff\xff"
"""Of PostgreSQL's binary COPY format: signature, flags and extension before the first row; what stands for the end."""

_NULLS = """
WITH conversion AS ({conversions}), newest AS (
    SELECT c.prospect_id, max(c.at) AS at FROM conversion c WHERE c.prospect_id IS NOT NULL AND {ours_c} GROUP BY c.prospect_id
), flagged AS (
    SELECT DISTINCT l.prospect_id FROM crm.lead l
    WHERE l.disregard IS NOT NULL AND NOT EXISTS (SELECT FROM crm.lead o WHERE o.prospect_id = l.prospect_id AND o.disregard IS NULL)
), touched AS (
    SELECT t.prospect_id, array_agg(t.source_id ORDER BY t.touched_at, t.id) AS sources, min(t.touched_at) AS first_at, max(t.touched_at) AS last_at, max(t.touched_on) AS last_on
    FROM crm.touch t WHERE t.touched_on BETWEEN coalesce(%(first)s::date - %(lookback)s::int - 2, '-infinity') AND %(last)s AND {ours_t}
    GROUP BY t.prospect_id
), path AS (
    SELECT CASE WHEN t.first_at >= {since} THEN t.sources  -- nearly all: only few journeys are longer than the lookback
           ELSE (SELECT array_agg(x.source_id ORDER BY x.touched_at, x.id) FROM crm.touch x WHERE x.prospect_id = t.prospect_id AND x.touched_at BETWEEN {since} AND t.last_at) END AS sources
    FROM touched t
    LEFT JOIN newest n ON n.prospect_id = t.prospect_id
    WHERE t.last_on >= %(first)s AND (n.at IS NULL OR n.at < {since})
      AND NOT EXISTS (SELECT FROM flagged f WHERE f.prospect_id = t.prospect_id)
)
SELECT sources, count(*) FROM path GROUP BY sources ORDER BY sources
"""


@dataclass(frozen=True)
class Journey:
    """Which journeys are read."""

    conversion: Conversion
    first: date
    """Days of the conversions, both included."""
    last: date
    lookback: int | None
    """Days before the conversion, the very end included; None: all."""
    branches: frozenset[int] | None
    """Only of these branches; None: of all."""

    @property
    def parameters(self) -> dict[str, object]:
        """For the statements below."""
        return {"first": self.first, "last": self.last, "lookback": self.lookback, "branches": None if self.branches is None else sorted(self.branches)}


@dataclass(frozen=True, eq=False)
class Part:
    """Some journeys, whole ones."""

    starts: Array
    """Journeys + 1 positions in ``sources``, rising from 0."""
    sources: Array
    """Ids of the sources that touched, oldest first."""
    days: Array
    """For each touch its age in days at the conversion."""
    cents: Array
    """For each journey what its conversion was worth; 0 where it did not convert or is only counted."""
    counts: Array
    """For each journey how many there are of it (conversions: 1)."""


def read_conversions(connection: Connection, journey: Journey, take: Callable[[Part], None], most: int = 200_000) -> None:
    """Call ``take`` with the journeys of all conversions, in parts of about ``most`` touches; a conversion without a touch is a journey of none."""
    statement = _JOURNEYS.format(conversions=_CONVERSIONS[journey.conversion], ours=_OURS.format("c"), since=_SINCE.format("c.at"))
    with raw_connection(connection).cursor() as cursor:
        sink = _Sink(take, most)
        cursor.copy_expert(f"COPY ({cursor.mogrify(statement, journey.parameters).decode()}) TO STDOUT (FORMAT binary)", sink)
        sink.finish()


def read_nulls(connection: Connection, journey: Journey, most: int = 20_000) -> Iterator[Part]:
    """Yield the journeys that did not convert, equal ones together, in parts of at most ``most``."""
    statement = _NULLS.format(conversions=_CONVERSIONS[journey.conversion], ours_c=_OURS.format("c"), ours_t=_OURS.format("t"), since=_SINCE.format("t.last_at"))
    with raw_connection(connection).cursor("journeys") as cursor:  # on the server: the client holds one part at a time
        cursor.execute(statement, journey.parameters)
        while rows := cursor.fetchmany(most):
            lengths = np.array([len(sources) for sources, _ in rows], dtype=np.int64)
            sources = np.array([source for path, _ in rows for source in path], dtype=np.int64)
            counts = np.array([count for _, count in rows], dtype=np.int64)
            yield Part(np.concatenate([[0], np.cumsum(lengths)]), sources, np.zeros(len(sources)), np.zeros(len(rows), dtype=np.int64), counts)


class _Sink(io.RawIOBase):
    """Takes COPY's bytes and hands whole journeys on."""

    def __init__(self, take: Callable[[Part], None], most: int) -> None:
        super().__init__()
        self._take, self._bytes, self._most = take, bytearray(), most * _RECORD.itemsize
        self._before_rows = _HEADER

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._bytes += data
        if self._before_rows and len(self._bytes) >= self._before_rows:
            del self._bytes[: self._before_rows]
            self._before_rows = 0
        if not self._before_rows and len(self._bytes) >= self._most:
            self._hand_on(len(self._bytes) // _RECORD.itemsize, is_last=False)
        return len(data)

    def finish(self) -> None:
        """Hand the rest on; raises RuntimeError where the stream did not end as it should."""
        rows, rest = divmod(len(self._bytes), _RECORD.itemsize)
        if self._before_rows or rest != len(_TRAILER) or not self._bytes.endswith(_TRAILER):
            raise RuntimeError(f"the stream of journeys ends in the middle of a row ({rest} bytes are left)")
        self._hand_on(rows, is_last=True)

    def _hand_on(self, rows: int, *, is_last: bool) -> None:
        records = np.frombuffer(bytes(self._bytes[: rows * _RECORD.itemsize]), dtype=_RECORD)
        if rows and not (records["fields"] == 4).all():
            raise RuntimeError("a row of journeys has another shape than was asked for")
        begins = np.flatnonzero(np.concatenate([[True], records["id"][1:] != records["id"][:-1]])) if rows else np.zeros(0, dtype=np.int64)
        if not is_last:  # the last journey may go on in the bytes to come
            rows, begins = int(begins[-1]), begins[:-1]
            records = records[:rows]
        del self._bytes[: rows * _RECORD.itemsize]
        if not rows:
            return
        touched = records["source"] > 0
        lengths = np.add.reduceat(touched.astype(np.int64), begins)
        self._take(Part(np.concatenate([[0], np.cumsum(lengths)]), records["source"][touched].astype(np.int64), records["days"][touched].astype(np.float64),
                        records["cents"][begins].astype(np.int64), np.ones(len(begins), dtype=np.int64)))


def count_touches(connection: Connection, journey: Journey) -> int:
    """How many touches there are in the period and the branches, whether anything came of them or not."""
    ours = "(CAST(:branches AS int[]) IS NULL OR branch_id = ANY(:branches))"
    return int(connection.execute(text(f"SELECT count(*) FROM crm.touch WHERE touched_on BETWEEN :first AND :last AND {ours}"), journey.parameters).scalar_one())
