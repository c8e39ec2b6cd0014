"""How cases, runs and moments are said."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dash import html

from shared.metrics.format import MISSING, write_exact
from shared.metrics.metric import Unit
from shared.reconciliation.caring import REASONS, STATUSES
from shared.reconciliation.summary import SEVERITY, TITLES

KINDS = {"found": ("Found", "search"), "changed": ("Changed", "retry"), "gone": ("Gone", "good"), "returned": ("Returned", "warning"), "still_there": ("Still there", "warning"), "status": ("Status", "check"), "owner": ("Owner", "user"),
         "comment": ("Comment", "report"), "file": ("File", "download"), "proposed": ("Write-off proposed", "lock"), "refused": ("Write-off refused", "close"), "written_off": ("Written off", "lock")}
"""Kind of event -> label, icon."""
_MONEY = {"Amount", "Contract", "List price", "Discount", "Quoted", "Estimated margin", "Actual margin", "Change orders", "Gross"}
_DAY = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d)")
LEVELS = {0: "by hand", 1: "by reference", 2: "by household", 3: "by amount", 4: "in sums"}
"""Level of a match -> how it was found."""
_AMOUNT = re.compile(r"(?<![\w.-])-?\d+\.\d{2}(?![\w.])")
BOOKS = {"payments": "Payments", "financed": "Financed sales", "invoices": "Invoices of completed jobs", "sales": "Sales"}


def why_of(case: Mapping[str, Any]) -> str:
    """Return why there is a case: amounts and days as a person reads them."""
    said = _AMOUNT.sub(lambda found: money(found[0]), str(case["detail"].get("why", "")))
    return _DAY.sub(lambda found: day(date.fromisoformat(found[0])), said)


def in_a_line(rule: str) -> str:
    """Return the title of a rule or type of break as it stands in the middle of a line."""
    return TITLES.get(rule, rule).lower().replace("crm", "CRM")


def money(amount: object) -> str:
    """Return dollars and cents."""
    return write_exact(float(str(amount)), Unit.MONEY) if amount is not None else MISSING


def whole_money(amount: float) -> str:
    """Return dollars without cents."""
    return f"{'-' if amount < 0 else ''}${abs(amount):,.0f}"


def cents(amount: int) -> str:
    """Return cents as dollars and cents."""
    return write_exact(amount / 100, Unit.MONEY)


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Return day and minute at the head office."""
    local = at.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M}"


def day(on: date | None) -> str:
    """Return a day."""
    return MISSING if on is None else f"{on.day} {on:%b %Y}"


def lasting(span: timedelta) -> str:
    """Return how long something took."""
    seconds = span.total_seconds()
    return f"{seconds:.1f} s" if seconds < 60 else f"{seconds / 60:.1f} min"


def said(value: Any, zone: ZoneInfo, label: str = "") -> str:
    """Return any value of a record, which ``label`` names, as a person reads it."""
    if value is None or value == "":
        return MISSING
    if label in _MONEY:
        return money(value)
    if isinstance(value, str) and _DAY.fullmatch(value):
        return day(date.fromisoformat(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return moment(value, zone)
    if isinstance(value, date):
        return day(value)
    return str(value).replace("_", " ") if str(value).islower() else str(value)


def status_tag(case: Mapping[str, Any]) -> html.Span:
    """Return the status of a case as a tag."""
    if case["proposed_by"]:
        return html.Span("Write-off proposed", className="rc-tag proposed")
    reason = REASONS.get(case["reason"], "")
    return html.Span(STATUSES[case["status"]] + (f": {reason.lower()}" if reason and case["status"] in {"accepted", "written_off"} else ""), className=f"rc-tag {case['status']}")


def rule_tag(rule: str) -> html.Span:
    """Return the name of a rule as a tag, coloured by how bad its faults are; a type of break says its title elsewhere."""
    short = rule if rule[0] in "GS" and rule[1:].isdigit() else "".join(word[0] for word in rule.split("_")).upper()
    return html.Span(short, className=f"rc-rule {SEVERITY.get(rule, 'low')}", title=TITLES.get(rule, rule))
