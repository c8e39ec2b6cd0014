"""What a rule may say.  Everything that a person sends goes through ``rule_from``, which refuses in words."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final
from urllib.parse import urlsplit

from shared.alerts.machine import Policy
from shared.metrics.errors import QuestionError
from shared.metrics.metric import Better
from shared.metrics.period import PRESETS, period
from shared.metrics.question import Question
from shared.metrics.registry import metric
from shared.warehouse.catalogue import BY_NAME

KINDS: Final = {
    "threshold": ("Threshold", "The number is above or below a limit."),
    "target": ("Off target", "The light is red: below 90 % of the target, or of the pace where a sum is still running."),
    "pace": ("Behind pace", "Share of the goal reached, over the share of the period's working weight that has passed."),
    "anomaly": ("Unusual day", "Yesterday lies outside of what such a day brings."),
    "forecast": ("Will miss its goal", "So far, and the last four weeks' rate for what is left, lands below a share of the goal."),
    "staleness": ("Stale view", "A view was not refreshed for longer than allowed."),
}
"""Kind -> label and meaning."""
HOURS: Final = {"always": "At any hour", "days": "On working days", "hours": "On working days, 8:00 to 20:00"}
OUTCOMES: Final = {"fixed": "Fixed", "expected": "Expected", "false_alarm": "False alarm", "watching": "Watching"}
SEVERITIES: Final = {"warning": "Warning", "critical": "Critical"}
ALL_VIEWS: Final = "*"
_LONGEST: Final = 7 * 24 * 60


class RuleError(ValueError):
    """A rule that cannot be; ``field`` names the part, the message is for the person."""

    def __init__(self, field: str, message: str) -> None:
        """Keep which part is wrong beside the sentence."""
        super().__init__(message)
        self.field = field


@dataclass(frozen=True)
class Rule:
    """The definition of a rule.  Minutes are minutes; ``limit`` and ``clear`` are in the unit of what is compared (shares: 0.9 = 90 %)."""

    name: str
    kind: str
    metric: str = ""
    period: str = "mtd"
    per: str = "branch"
    """``branch``: an instance for each; ``company``: one."""
    branches: tuple[int, ...] = ()
    """Only these; empty: every open branch."""
    side: str = "below"
    limit: float = 0.9
    clear: float | None = None
    """A warning ends only beyond this line; None: beyond ``limit``."""
    view: str = ALL_VIEWS
    severity: str = "warning"
    for_minutes: int = 0
    for_evaluations: int = 1
    remind_minutes: int = 24 * 60
    hours: str = "always"
    email: bool = True
    webhook: str = ""

    @property
    def policy(self) -> Policy:
        """How patient it is."""
        return Policy(self.for_minutes, self.for_evaluations, self.remind_minutes)

    @property
    def clears_at(self) -> float:
        """The line beyond which a warning ends."""
        return self.limit if self.clear is None else self.clear

    def document(self) -> dict[str, Any]:
        """What is kept of it, without its name."""
        found = asdict(self)
        del found["name"]
        found["branches"] = list(self.branches)
        return found


def rule_from(name: object, given: Mapping[str, Any]) -> Rule:
    """Return the rule that ``given`` describes; raises RuleError for the first thing that is wrong."""
    known = set(Rule.__dataclass_fields__) - {"name"}
    if unknown := sorted(set(given) - known):
        raise RuleError(unknown[0], f"A rule has no {unknown[0][:40]!r}.")
    if not isinstance(name, str) or not 1 <= len(name.strip()) <= 120:
        raise RuleError("name", "Give the rule a name of up to 120 characters.")
    kind = _choice(given, "kind", KINDS, "")
    rule = Rule(
        name.strip(), kind, metric=_text(given, "metric"), period=_text(given, "period") or "mtd", per="company" if kind == "staleness" else _choice(given, "per", {"branch": 0, "company": 0}, "branch"),
        branches=_branches(given), side=_choice(given, "side", {"above": 0, "below": 0}, "below"), limit=_number(given, "limit", 0.9 if kind != "anomaly" else 1.0),
        clear=None if given.get("clear") in (None, "") else _number(given, "clear", 0.0), view=_text(given, "view") or ALL_VIEWS, severity=_choice(given, "severity", SEVERITIES, "warning"),
        for_minutes=_whole(given, "for_minutes", 0, 0, _LONGEST), for_evaluations=_whole(given, "for_evaluations", 1, 1, 1000), remind_minutes=_whole(given, "remind_minutes", 1440, 0, 4 * _LONGEST),
        hours=_choice(given, "hours", HOURS, "always"), email=given.get("email", True) is True, webhook=_text(given, "webhook"),
    )
    _check(rule)
    return rule


def _check(rule: Rule) -> None:
    if rule.kind == "staleness":
        if rule.view != ALL_VIEWS and rule.view not in BY_NAME:
            raise RuleError("view", f"No view is called {rule.view[:40]!r}; * means all of them.")
        if not 1 <= rule.limit <= _LONGEST:
            raise RuleError("limit", "Give the minutes that a view may be old, from 1 to 10080.")
    else:
        _check_number(rule)
    rises = rule.kind == "staleness" or (rule.kind == "threshold" and rule.side == "above")
    if rule.clear is not None and rule.kind != "anomaly" and (rule.clear > rule.limit if rises else rule.clear < rule.limit):
        raise RuleError("clear", f"A warning cannot end {'above' if rises else 'below'} the line where it begins: choose {rule.limit:g} or {'less' if rises else 'more'}.")
    if rule.webhook and urlsplit(rule.webhook).scheme not in {"https", "http"}:
        raise RuleError("webhook", "A webhook is an address such as https://example.com/hook.")


def _check_number(rule: Rule) -> None:
    try:
        declared = metric(rule.metric)
        if rule.period not in PRESETS:
            period(rule.period, date(2026, 1, 1))
        Question((rule.metric,), period(rule.period, date(2026, 1, 15)))
    except QuestionError as error:
        raise RuleError(error.parameter.removesuffix("s") if error.parameter == "metrics" else error.parameter, f"{str(error)[0].upper()}{str(error)[1:]}.") from error
    if rule.per == "branch" and not declared.has_branch:
        raise RuleError("per", f"{declared.label} belongs to the whole company: watch it once, not branch by branch.")
    if rule.kind in {"pace", "forecast"} and not declared.is_flow:
        raise RuleError("metric", f"{declared.label} is not a sum that grows over the period: watch its target or a threshold.")
    if rule.kind in {"target", "pace", "forecast"} and declared.better is Better.NEITHER:
        raise RuleError("metric", f"Neither more nor less of {declared.label} is better, so it has no target: watch a threshold.")
    if rule.kind in {"target", "pace", "forecast"} and not 0.1 <= rule.limit <= 2:
        raise RuleError("limit", "Give the share of the goal from 0.1 to 2, such as 0.9 for 90 %.")
    if rule.kind == "anomaly" and not 0.5 <= rule.limit <= 5:
        raise RuleError("limit", "Give how far outside of the expected band a day must lie, from 0.5 (touchy) to 5 (calm); 1 is its edge.")


def _text(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name, "")
    if not isinstance(value, str) or len(value) > 500:
        raise RuleError(name, f"{name} must be a text of up to 500 characters.")
    return value.strip()


def _choice(given: Mapping[str, Any], name: str, choices: Mapping[str, object], default: str) -> str:
    value = given.get(name, default)
    if not isinstance(value, str) or value not in choices:
        raise RuleError(name, f"Choose one of {', '.join(choices)} for {name}.")
    return value


def _number(given: Mapping[str, Any], name: str, default: float) -> float:
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or abs(value) > 1e12:
        raise RuleError(name, f"{name} must be a number.")
    return float(value)


def _whole(given: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise RuleError(name, f"{name} must be a whole number from {least} to {most}.")
    return value


def _branches(given: Mapping[str, Any]) -> tuple[int, ...]:
    value = given.get("branches", [])
    if not isinstance(value, list | tuple) or len(value) > 200 or not all(isinstance(one, int) and not isinstance(one, bool) and 0 < one < 32_768 for one in value):
        raise RuleError("branches", "branches must be a list of branch numbers.")
    return tuple(sorted(set(value)))
