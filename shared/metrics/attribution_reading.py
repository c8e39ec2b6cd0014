"""Works attribution out from one snapshot; under the cached door."""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Connection

from shared.analysis.attribution.decision import disagreements
from shared.analysis.attribution.journeys import Array, Journeys
from shared.analysis.attribution.paths import Paths
from shared.analysis.attribution.result import Attribution, Credit, attribute
from shared.analysis.attribution.tally import Tally
from shared.metrics.attribution_answer import Decision, DecisionSide, Flow, Found, Key, ModelCredit, TopPath
from shared.metrics.attribution_question import AttributionQuestion, Level
from shared.metrics.catalogue.marketing import CONTRIBUTION_MARGIN
from shared.metrics.question import Question
from shared.metrics.reading import read
from shared.warehouse.journeys import Journey, Part, count_touches, read_conversions, read_nulls
from shared.warehouse.source_names import FormerName, Source, former_names, load_sources

VIEWS_READ = ("lead_funnel", "marketing", "sales", "sales_by_rep", "touches")
"""Their versions change whenever a row changes that is read here: touches, sales, appointments, leads and their flags, costs, names of sources."""
TOTALS = {"net_sale": "net_sales_amount", "gross_sale": "gross_sales_amount", "issued": "issued", "demo": "demos"}
"""Kind of conversion -> the metric that counts the same things on the same days."""
TOP_PATHS = 12
_NOTHING = "Unattributed"


@dataclass(frozen=True, eq=False)
class Groups:
    """Sources put together by the level that is asked for."""

    keys: tuple[tuple[str, str], ...]
    """(key, label)."""
    group_of: Array
    """Id of a source -> its place among the keys; -1: there is no such source."""
    paid: Array
    """Id of a source -> whether it is paid for."""
    members: tuple[tuple[Source, ...], ...]


def read_attribution(asked: AttributionQuestion, connection: Connection, day: date, time_zone: str) -> Found:
    """Answer ``asked``, whose branches the asker may see; ``connection`` has to be a snapshot that nothing was read from yet.

    ``day``: the head office's; ``time_zone``: its zone, for the days on which names were changed.
    """
    total, cost = read([Question((TOTALS[asked.conversion],), asked.period, branches=asked.branches),
                        Question(("marketing_spend",), asked.period, split=("source",), branches=asked.branches)], connection, day)
    groups = groups_of(load_sources(connection), asked.level)
    spend = np.zeros(len(groups.keys), dtype=np.int64)
    for row in cost.frame.itertuples():
        spend[groups.group_of[int(row.source)]] += round(float(row.marketing_spend) * 100)
    journey = Journey(asked.conversion, asked.period.start, asked.period.end, asked.lookback, asked.branches)
    tally, paths = gather(asked, journey, groups, connection)
    found = attribute(tally)
    names = _formerly(groups, former_names(connection), asked.level, time_zone)
    return answer_of(found, paths, groups, spend, names, count_touches(connection, journey), float(total.frame[TOTALS[asked.conversion]].iloc[0]))


def gather(asked: AttributionQuestion, journey: Journey, groups: Groups, connection: Connection) -> tuple[Tally, Paths]:
    """Read the journeys and add them up, part by part: what is held does not grow with how many there are."""
    tally, paths = Tally(len(groups.keys), half_life=asked.half_life, order=asked.order), Paths(len(groups.keys))

    def take(part: Part) -> None:
        journeys = _journeys(part, groups, converted=True)
        tally.add(journeys)
        paths.add(journeys)

    read_conversions(connection, journey, take)
    for part in read_nulls(connection, journey):
        tally.add(_journeys(part, groups, converted=False))
    return tally, paths


def groups_of(sources: tuple[Source, ...], level: Level) -> Groups:
    """Put ``sources`` together by ``level``; without sources there is one key that nothing belongs to."""
    key_of = {"source": lambda one: (str(one.id), one.name), "channel": lambda one: (one.channel, one.channel),
              "campaign": lambda one: (one.campaign, one.campaign or "No campaign")}[level]
    keys = tuple(sorted({key_of(one) for one in sources}, key=lambda key: (key[1], key[0]))) or (("", _NOTHING),)  # a company without sources has no touches either
    place = {key: number for number, key in enumerate(keys)}
    size = max((one.id for one in sources), default=0) + 1
    group_of, paid = np.full(size, -1, dtype=np.int64), np.zeros(size, dtype=bool)
    for one in sources:
        group_of[one.id], paid[one.id] = place[key_of(one)], one.is_paid
    return Groups(keys, group_of, paid, tuple(tuple(one for one in sources if key_of(one) == key) for key in keys))


def _journeys(part: Part, groups: Groups, *, converted: bool) -> Journeys:
    none = np.zeros(len(part.counts), dtype=np.int64)
    counts, nulls = (part.counts, none) if converted else (none, part.counts)
    return Journeys(part.starts, groups.group_of[part.sources], counts, part.cents, nulls, groups.paid[part.sources], part.days)


def _formerly(groups: Groups, names: tuple[FormerName, ...], level: Level, time_zone: str) -> list[tuple[str, ...]]:
    kind, zone = {"source": "name", "channel": "channel", "campaign": "campaign"}[level], ZoneInfo(time_zone)
    found = []
    for members in groups.members:
        ids = {one.id for one in members}
        said = [f"{name.former} until {name.until.astimezone(zone):%-d %b %Y}" for name in names if name.source_id in ids and name.kind == kind]
        found.append(tuple(dict.fromkeys(said)))
    return found


def answer_of(found: Attribution, paths: Paths, groups: Groups, spend: Array, names: list[tuple[str, ...]], touches: int, catalogue: float) -> Found:
    """Leave keys out that have neither credit nor cost, and put the others in order: most credit by the linear model first."""
    size = len(groups.keys)
    credited = np.sum([credit.conversions + credit.cents for credit in found.credits], axis=0)
    linear = found.amount(next(credit for credit in found.credits if credit.name == "linear"))
    shown = [place for place in sorted(range(size), key=lambda place: (-linear[place], -spend[place], groups.keys[place][1])) if credited[place] or spend[place]]
    at = {place: number for number, place in enumerate(shown)}
    decisions = [Decision(each.kind, *(DecisionSide(at[side.key], side.models) for side in each.sides)) for each in disagreements(found, spend, CONTRIBUTION_MARGIN)]
    flows = [Flow(at[place], -1, int(count)) for place, count in enumerate(paths.alone) if count]
    flows += [Flow(at[int(first)], at[int(last)], int(paths.opened[first, last])) for first, last in np.argwhere(paths.opened)]
    return Found(
        keys=(*(Key(*groups.keys[place], int(spend[place]), any(one.is_paid for one in groups.members[place]), names[place]) for place in shown), Key(None, _NOTHING, 0, is_paid=False)),
        models=tuple(_plain(credit, [*shown, size]) for credit in found.credits), conversions=found.conversions, cents=found.cents, unattributed=found.unattributed,
        touched=paths.touches, days=paths.days / paths.conversions if paths.conversions else 0.0, nulls=found.nulls, touches=touches, catalogue=catalogue,
        decisions=tuple(decisions), paths=tuple(TopPath(tuple(at[key] for key in path.keys), path.touches, path.conversions, path.cents) for path in paths.commonest(TOP_PATHS)),
        flows=tuple(sorted(flows, key=lambda flow: -flow.conversions)), margin=CONTRIBUTION_MARGIN)


def _plain(credit: Credit, places: list[int]) -> ModelCredit:
    low, high = (tuple(None if np.isnan(ends[place]) else float(ends[place]) for place in places) for ends in (credit.low, credit.high))
    return ModelCredit(credit.name, credit.label, credit.meaning, tuple(int(credit.cents[place]) for place in places),
                       tuple(int(credit.conversions[place]) for place in places), low, high)
