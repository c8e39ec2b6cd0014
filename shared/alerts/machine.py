"""How one instance of a rule moves from state to state: pure, so that any sequence of looks can be tried.

ok -> pending -> firing -> (acknowledged) -> resolved; nodata and error stand beside them and never close a warning that is open.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Literal

State = Literal["ok", "pending", "firing", "acknowledged", "resolved", "nodata", "error"]
Look = Literal["breach", "between", "clear", "nodata", "error", "rest"]
"""What one evaluation found.  ``between``: neither far enough to warn nor far enough back to end a warning; ``rest``: the rule does not watch at this hour."""
Kind = Literal["pending", "calm", "fired", "returned", "reminded", "resolved", "nodata", "error", "recovered"]
PATIENCE: Final = 3
"""Evaluations in a row without an answer before that is said; a single hiccup is nobody's news."""


@dataclass(frozen=True)
class Policy:
    """How patient a rule is."""

    for_minutes: int = 0
    for_evaluations: int = 1
    remind_minutes: int = 0
    """An open warning that nobody acknowledged is told again after so long; 0: never."""


@dataclass(frozen=True)
class Instance:
    """How a rule stands for one branch, view or the company; see the columns of app.alert_instance."""

    since: datetime
    state: State = "ok"
    breached_since: datetime | None = None
    breaches: int = 0
    missing: int = 0
    is_open: bool = False
    is_acknowledged: bool = False
    notified_at: datetime | None = None


@dataclass(frozen=True)
class Transition:
    """One thing that happened; ``tells``: somebody is to be told of it."""

    kind: Kind
    before: State
    after: State
    tells: bool


def step(policy: Policy, instance: Instance, look: Look, moment: datetime, *, silenced: bool = False) -> tuple[Instance, Transition | None]:
    """Return the instance after one look, and what happened if anything did.

    While ``silenced``, states move and nobody is told; a warning still open when the silence ends is told then.
    """
    if look == "rest":
        return instance, None
    if look in {"nodata", "error"}:
        return _missing(instance, look, moment, silenced=silenced)
    seen = replace(instance, missing=0)
    if look == "breach":
        seen = replace(seen, breaches=seen.breaches + 1, breached_since=seen.breached_since or moment)
        return _open(policy, seen, moment, silenced=silenced) if seen.is_open else _rising(policy, seen, moment, silenced=silenced)
    if look == "between" and seen.is_open:
        return _open(policy, seen, moment, silenced=silenced)
    return _falling(replace(seen, breaches=0, breached_since=None), moment, silenced=silenced)


def acknowledged(instance: Instance, moment: datetime) -> Instance:
    """The instance after somebody has taken note of its open warning.  Raises ValueError where none is open."""
    if not instance.is_open:
        raise ValueError("no warning is open")
    state: State = "acknowledged" if instance.state == "firing" else instance.state
    return replace(instance, is_acknowledged=True, state=state, since=moment if state != instance.state else instance.since)


def _missing(instance: Instance, look: Look, moment: datetime, *, silenced: bool) -> tuple[Instance, Transition | None]:
    seen = replace(instance, missing=instance.missing + 1)
    if seen.missing < PATIENCE or seen.state == look:
        return seen, None
    state: State = "nodata" if look == "nodata" else "error"
    return _moved(seen, state, moment), Transition("nodata" if look == "nodata" else "error", instance.state, state, tells=not silenced)


def _rising(policy: Policy, seen: Instance, moment: datetime, *, silenced: bool) -> tuple[Instance, Transition | None]:
    began = seen.breached_since or moment
    if seen.breaches >= policy.for_evaluations and moment - began >= timedelta(minutes=policy.for_minutes):
        fired = replace(_moved(seen, "firing", moment), is_open=True, is_acknowledged=False, notified_at=None if silenced else moment)
        return fired, Transition("fired", seen.state, "firing", tells=not silenced)
    if seen.state == "pending":
        return seen, None
    return _moved(seen, "pending", moment), Transition("pending", seen.state, "pending", tells=False)


def _open(policy: Policy, seen: Instance, moment: datetime, *, silenced: bool) -> tuple[Instance, Transition | None]:
    if seen.state in {"nodata", "error"}:
        back: State = "acknowledged" if seen.is_acknowledged else "firing"
        return _moved(seen, back, moment), Transition("returned", seen.state, back, tells=False)
    if silenced or seen.is_acknowledged:
        return seen, None
    wait = timedelta(minutes=policy.remind_minutes)
    if seen.notified_at is None or (policy.remind_minutes and moment - seen.notified_at >= wait):
        return replace(seen, notified_at=moment), Transition("reminded", seen.state, seen.state, tells=True)
    return seen, None


def _falling(seen: Instance, moment: datetime, *, silenced: bool) -> tuple[Instance, Transition | None]:
    if seen.is_open:
        closed = replace(_moved(seen, "resolved", moment), is_open=False, is_acknowledged=False, notified_at=None)
        return closed, Transition("resolved", seen.state, "resolved", tells=not silenced and seen.notified_at is not None)
    if seen.state == "pending":
        return _moved(seen, "ok", moment), Transition("calm", seen.state, "ok", tells=False)
    if seen.state in {"nodata", "error"}:
        return _moved(seen, "ok", moment), Transition("recovered", seen.state, "ok", tells=not silenced)
    return seen, None


def _moved(instance: Instance, state: State, moment: datetime) -> Instance:
    return replace(instance, state=state, since=moment)
