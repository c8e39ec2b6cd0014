"""Cases and rows of ledgers for the company of the tests: open, closed, of branches and of none."""

from collections.abc import Sequence
from datetime import date, timedelta
from random import Random

Row = dict[str, object]
_RULES = (("G1", ""), ("G7", ""), ("S2", ""), ("S10", ""), ("missing_in_crm", "bank"), ("amount_differs", "lender"))
_STATES = ("matched", "matched", "matched", "missing_outside", "amount_differs", "duplicate")


def held(branches: Sequence[int], reps: Sequence[int], first: date, today: date, count: int) -> dict[str, list[Row]]:
    """Rows of crm.recon_case and crm.recon_item."""
    rng = Random(11)
    span = (today - first).days
    cases: list[Row] = []
    for number in range(count):
        rule, source = rng.choice(_RULES)
        since = first + timedelta(days=rng.randrange(span))
        closed = None if rng.random() < 0.5 else min(today, since + timedelta(days=rng.randrange(60)))
        moment = f"{since} 12:00+00"
        cases.append({"fingerprint": f"{rule}:{number}", "rule": rule, "source": source, "entity": "sale", "entity_id": number, "branch_id": None if rng.random() < 0.1 else rng.choice(branches), "rep_id": rng.choice([None, *reps]),
                      "day": since, "since": since, "amount": rng.randrange(100, 900_000) / 100, "first_seen_at": moment, "first_run_id": 1, "status": "open" if closed is None else rng.choice(("resolved", "accepted", "written_off")),
                      "status_at": moment, "closed_on": closed})
    items: list[Row] = [{"source": rng.choice(("bank", "lender")), "side": rng.choice(("outside", "crm")), "item_id": number, "branch_id": None if rng.random() < 0.1 else rng.choice(branches),
                         "day": None if rng.random() < 0.05 else first + timedelta(days=rng.randrange(span)), "cents": rng.randrange(-50_000, 900_000), "state": rng.choice(_STATES)} for number in range(count * 4)]
    return {"recon_case": cases, "recon_item": items}
