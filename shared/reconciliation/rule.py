"""What a rule is: one declaration that says what it finds, how bad that is, what is at risk and how it is put right."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Severity = Literal["high", "medium", "low"]
"""high: money is wrong or missing; medium: money may be wrong; low: records contradict each other."""
Family = Literal["ghost", "split"]

_TOUCHED = re.compile(r"true /\* touched: (?P<what>\w+) (?P<column>[\w.]+) \*/")
COLUMNS: Final = ("entity_id", "other_id", "key", "variant", "branch_id", "rep_id", "day", "since", "amount", "label", "detail")
"""What the statement of every rule returns, in this order, one row per fault."""


@dataclass(frozen=True)
class Rule:
    """One rule.

    ``sql`` returns ``COLUMNS``: the faulty row and, of a pair, the other one; the business key that names the fault in every run (with ``variant``
    where one row can break the rule in several ways); branch and representative; the business day it is about; the first day on which it was
    there to be found, as far as the data tell; dollars at risk, never negative; a label and the facts, both for people.  It runs as it stands,
    with the parameters of ``Terms``; a mark ``true /* touched: sales s.id */`` says where it may be narrowed to rows that changed.
    """

    name: str
    title: str
    meaning: str
    family: Family
    severity: Severity
    entity: str
    """Table of the faulty row, as the schema calls it."""
    sql: str
    risk: str
    """What the dollars at risk are."""
    fix: str
    """How the fault is put right."""
    headline: str
    """Metric that counts it."""

    @property
    def narrowed(self) -> str:
        """The statement over rows whose ids are in the arrays ``appointments``, ``sales`` and ``jobs`` (bigint[])."""
        return _TOUCHED.sub(r"\g<column> = ANY(CAST(:\g<what> AS bigint[]))", self.sql)

    def __post_init__(self) -> None:
        """Refuse a statement that cannot be narrowed."""
        if not _TOUCHED.search(self.sql):
            raise ValueError(f"rule {self.name} does not say where it may be narrowed")


@dataclass(frozen=True)
class Terms:
    """The company's own terms that rules judge by."""

    job_days: int = 3
    """Days after a sale by which its job must be there."""
    overlap_minutes: int = 120
    """Two appointments of one representative that begin within fewer minutes collide."""
    household_days: int = 30
    """Two new appointments of one household within so many days are one too many."""
    credits: Mapping[str, str] = field(default_factory=lambda: {"Canvass": "canvasser", "Telemarketing": "setter"})
    """Channel of a lead's source -> role that must have a part of the sale."""

    def parameters(self) -> dict[str, object]:
        """What the statements of rules are run with, besides ``today``."""
        return {"job_days": self.job_days, "overlap_minutes": self.overlap_minutes, "household_days": self.household_days,
                "channels": list(self.credits), "credit_roles": list(self.credits.values())}


NET: Final = "s.status NOT IN ('cancelled', 'credit_rejected')"
"""A sale that stands."""
BASE: Final = "(s.amount + coalesce((SELECT sum(o.amount) FROM crm.change_order o WHERE o.branch_id = s.branch_id AND o.sale_id = s.id), 0))"
"""The commissionable amount: what the customer signed for (discounts are off already) and its change orders."""
WHO: Final = "JOIN crm.lead l ON l.branch_id = a.branch_id AND l.id = a.lead_id JOIN crm.prospect h ON h.branch_id = l.branch_id AND h.id = l.prospect_id"
"""The household of an appointment ``a``."""
