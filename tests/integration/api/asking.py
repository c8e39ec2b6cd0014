"""Asking the API as a person with a token."""

from dataclasses import dataclass

from sqlalchemy import text
from werkzeug.test import TestResponse

from shared.warehouse.engines import Engines
from tests.sites import Company, Visitor

SPAN = "start=2026-03-01&end=2026-03-31"


@dataclass(frozen=True)
class Api:
    """The API over a company with three sales in Pittsburgh and two in Columbus, in March 2026."""

    company: Company
    visitor: Visitor
    tokens: dict[str, str]

    def get(self, path: str, who: str = "boss", **headers: str) -> TestResponse:
        """Ask as the person called ``who``, with their token."""
        return self.visitor.get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {self.tokens[who]}", **headers})

    def rows(self, query: str, who: str = "boss") -> list[dict[str, object]]:
        """Return the rows of an answer."""
        answer = self.get(f"ask?{query}", who)
        assert answer.status_code == 200, answer.text
        rows: list[dict[str, object]] = answer.json["rows"]
        return rows


def add_sale(engines: Engines, branch: int, day: int, amount: str, status: str = "firm") -> None:
    """Write one sale at noon of a day in March 2026."""
    with engines.writer() as connection:
        connection.execute(text(
            "INSERT INTO crm.sale (branch_id, product_id, sold_at, gross, status, cancelled_at)"
            " SELECT :branch, min(id), make_timestamptz(2026, 3, :day, 12, 0, 0, 'America/New_York'), CAST(:amount AS numeric), :status,"
            " CASE WHEN :status = 'cancelled' THEN make_timestamptz(2026, 3, :day, 15, 0, 0, 'America/New_York') END FROM crm.product"),
            {"branch": branch, "day": day, "amount": amount, "status": status})
