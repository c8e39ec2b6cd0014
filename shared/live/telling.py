"""What has just happened, as messages of the streams ``e:<branch>``; no customer is named."""

from collections.abc import Callable, Sequence
from typing import Final

import orjson

from shared.live.publishing import Outgoing
from shared.metrics.format import write
from shared.metrics.metric import Unit
from shared.warehouse.happenings import Happening

_ONE: Final[dict[str, Callable[[str, str], str]]] = {
    "sold": lambda who, dollars: f"{who or 'Somebody'} sold {dollars}",
    "set": lambda who, _: f"{who} set an appointment" if who else "An appointment was set",
    "installed": lambda who, _: f"{who} completed a job" if who else "A job was completed",
    "ticket": lambda *_: "A service ticket was opened",
    "alert": lambda title, _: title,
    "rescinded": lambda who, dollars: f"A sale of {dollars}{f' by {who}' if who else ''} was rescinded",
}
_MANY: Final[dict[str, Callable[[str, str], str]]] = {
    "sold": lambda count, dollars: f"{count} sales worth {dollars} were entered",
    "set": lambda count, _: f"{count} appointments were set",
    "installed": lambda count, _: f"{count} jobs were completed",
    "ticket": lambda count, _: f"{count} service tickets were opened",
    "alert": lambda count, _: f"{count} warnings have moved on",
    "rescinded": lambda count, dollars: f"{count} sales worth {dollars} were rescinded",
}


def messages_of(happenings: Sequence[Happening]) -> list[Outgoing]:
    """Return one message per line, in order."""
    return [_message(one) for one in happenings]


def _message(one: Happening) -> Outgoing:
    dollars = "" if one.amount is None else write(one.amount, Unit.MONEY)
    words = _ONE[one.kind](one.who, dollars) if one.count == 1 else _MANY[one.kind](f"{one.count:,}", dollars)
    data = {"kind": one.kind, "at": one.at, "branch_id": one.branch_id, "branch": one.branch, "text": f"{words} in {one.branch}" if one.branch and one.kind != "alert" else words, "count": one.count,
            "amount": one.amount, "amount_text": dollars}
    return Outgoing(f"e:{one.branch_id}", orjson.dumps(data, option=orjson.OPT_UTC_Z), one.at, one.at.timestamp(), once=str(one.id))
