"""What did each dollar bring?  Spend to net sales by channel, source, campaign or branch, and what every step cost."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from dash import html

from cmo_app.page import Card
from cmo_app.shell.cards import shown
from cmo_app.shell.parts import chosen_of, empty, segments
from cmo_app.sources import Sources
from cmo_app.visit import Visit
from shared.analysis.payback import Payback, payback
from shared.charts.bars import gaps
from shared.metrics.catalogue.marketing import CONTRIBUTION_MARGIN
from shared.metrics.format import write
from shared.metrics.metric import Unit
from shared.metrics.question import Question
from shared.metrics.registry import metric
from shared.reports.document import Block, Cell, Column, Table

KEY, TITLE = "returns", "What did each dollar bring?"
STEPS_KEY, STEPS_TITLE = "steps", "What does each step cost?"
SPLITS = {"channel": "Channel", "source": "Source", "campaign": "Campaign", "branch": "Branch"}
DEFAULT = "channel"
STEPS = ("cost_per_lead", "cost_per_set", "cost_per_issued", "cost_per_demo", "cost_per_sale", "cac")
METRICS = ("marketing_spend", "leads", "lead_net_amount", *STEPS, "romi", "marketing_cost_share", "ltv_to_cac")
_DRAWN = 12


@dataclass(frozen=True)
class Line:
    """One row of the split."""

    name: str
    values: dict[str, float]
    payback: Payback

    @property
    def spend(self) -> float:
        """Dollars spent in the period."""
        return self.values["marketing_spend"]

    @property
    def left(self) -> float:
        """Contribution of its leads so far, less what was spent."""
        return CONTRIBUTION_MARGIN * self.values["lead_net_amount"] - self.spend


def split_of(visit: Visit) -> str:
    """Return what the reader splits by."""
    return chosen_of(visit, "by", SPLITS, DEFAULT)


def lines_of(visit: Visit, sources: Sources) -> tuple[Line, ...]:
    """Return a row per channel, source, campaign or branch with leads or spend in the period, the largest spend first."""
    by = split_of(visit)
    values, ages = sources.ask.many([Question(METRICS, visit.period, split=(by,), branches=visit.branch_set), Question(("net_amount_by_age",), visit.period, split=(by, "age"), branches=visit.branch_set)], visit.scope)
    gained: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for row in ages.frame.to_dict("records"):
        gained[str(row[by])][int(row["age"])] += float(row["net_amount_by_age"])
    found = []
    for row in values.frame.to_dict("records"):
        numbers = {name: float(row[name]) for name in METRICS}
        if numbers["marketing_spend"] or numbers["leads"]:
            found.append(Line(_name(by, str(row[by]), str(row[f"{by}_label"])), numbers, payback(gained.get(str(row[by]), {}), numbers["marketing_spend"], CONTRIBUTION_MARGIN)))
    return tuple(sorted(found, key=lambda line: (-line.spend, line.name)))


def _name(by: str, key: str, label: str) -> str:
    return "No campaign" if by == "campaign" and not key else label


def card(visit: Visit, lines: Sequence[Line], young: str = "") -> Card:
    """Return what each dollar brought; ``young``: why the period's leads are too young to be judged, empty: they are not."""
    by = split_of(visit)
    controls = segments(visit, "by", SPLITS, by, DEFAULT, "Split by")
    if not lines:
        return Card(Block(KEY, TITLE), controls=controls, body=empty("No leads came and nothing was spent in these days."))
    numbers = Table((Column(SPLITS[by]), Column("Spend", Unit.MONEY), Column("Leads", Unit.COUNT), Column("Net sales $ so far", Unit.MONEY), Column("Left after spend", Unit.MONEY), _column("romi"), _column("marketing_cost_share"), _column("ltv_to_cac"), Column("Paid back after")),
                    tuple(_row(line) for line in lines), _totals(lines))
    paid = [line for line in lines if line.spend > 0]
    ordered = sorted(paid, key=lambda line: -line.left)
    figure = gaps([line.name for line in _shown(ordered)], [line.left for line in _shown(ordered)], Unit.MONEY) if paid else None
    return Card(Block(KEY, TITLE, says(ordered, lines), figure, numbers, _note(visit, lines, by, young)), controls=controls, body=_body(lines, by))


def steps_card(visit: Visit, lines: Sequence[Line]) -> Card:
    """Return what a lead, an appointment, a demo and a sale cost."""
    by, paid = split_of(visit), [line for line in lines if line.spend > 0]
    if not paid:
        return Card(Block(STEPS_KEY, STEPS_TITLE), 6, body=empty("Nothing was spent in these days: every lead came for free.", title="No spend"))
    numbers = Table((Column(SPLITS[by]), *(_column(name) for name in STEPS)), tuple((line.name, *(line.values[name] for name in STEPS)) for line in paid))
    known = [line for line in paid if not math.isnan(line.values["cac"])]
    says_ = ""
    if known:
        best = min(known, key=lambda line: line.values["cac"])
        says_ = f"A net sale costs least from {best.name}: {write(best.values['cac'], Unit.MONEY)}, from {write(best.values['cost_per_lead'], Unit.MONEY)} a lead."
        worst = max(known, key=lambda line: line.values["cac"])
        says_ += f" Most from {worst.name}: {write(worst.values['cac'], Unit.MONEY)}." if len(known) > 1 else ""
    return Card(Block(STEPS_KEY, STEPS_TITLE, says_, table=numbers, note="Media, payroll of doors and telephones, and tools, divided by leads that reached each step by now. Where nobody reached it yet, there is no cost of it."))


def _body(lines: Sequence[Line], by: str) -> html.Div:
    """What an executive reads first; the numbers below and the files hold the rest."""
    most = max((abs(line.left) for line in lines), default=0.0)
    head = html.Tr([html.Th(SPLITS[by], scope="col"), *(html.Th(label, className="n", scope="col") for label in ("Spend", "Net sales $ so far", "Left after spend", "ROMI", "Paid back after"))])
    rows = []
    for line in lines:
        name, spend, _, net, left, romi, *_, back = _row(line)
        share = abs(line.left) / most if most else 0.0
        bar = html.Span([html.Span(shown(left, Unit.MONEY)), html.Span(html.I(style={"width": f"{share:.0%}"}), className=f"gauge{' below' if line.left < 0 else ''}")], className="left")
        rows.append(html.Tr([html.Td(name, className="name"), html.Td(shown(spend, Unit.MONEY), className="n"), html.Td(shown(net, Unit.MONEY), className="n"), html.Td(bar, className="n"), html.Td(shown(romi, Unit.PERCENT), className="n"), html.Td(back, className="n")]))
    total = _totals(lines)
    foot = html.Tr([html.Td("All"), *(html.Td(shown(total[place], unit), className="n") for place, unit in ((1, Unit.MONEY), (3, Unit.MONEY), (4, Unit.MONEY), (5, Unit.PERCENT))), html.Td()])
    return html.Div(html.Table([html.Thead(head), html.Tbody(rows), html.Tfoot(foot)], className="tb"), className="scroll returns", tabIndex=0)


def _shown(lines: Sequence[Line]) -> Sequence[Line]:
    """The best and the worst, where there are too many to draw."""
    return lines if len(lines) <= _DRAWN else [*lines[: _DRAWN // 2], *lines[-_DRAWN // 2:]]


def _column(name: str) -> Column:
    declared = metric(name)
    return Column(declared.label, declared.unit, declared.meaning)


def _row(line: Line) -> tuple[Cell, ...]:
    values, leads = line.values, line.values["leads"]
    net: Cell = values["lead_net_amount"] or ("no sales yet" if leads else 0.0)
    spend: Cell = line.spend or "no spend"
    return (line.name, spend, leads, net, line.left, *((values[name] if line.spend else None) for name in ("romi", "marketing_cost_share", "ltv_to_cac")), said(line.payback))


def said(found: Payback) -> str:
    """Return when it paid back, in words."""
    if found.state == "no spend":
        return "no spend"
    if found.days is None:
        return f"not yet ({max(found.covered, 0):.0%})"
    return "over a year" if found.days >= 9999 else f"{found.days} day{'' if found.days == 1 else 's'}"


def _totals(lines: Sequence[Line]) -> tuple[Cell, ...]:
    spend, leads, net = (sum(line.values[name] for line in lines) for name in ("marketing_spend", "leads", "lead_net_amount"))
    left = CONTRIBUTION_MARGIN * net - spend
    return ("All", spend, leads, net, left, left / spend if spend else None, spend / net if net else None, None, None)


def says(ordered: Sequence[Line], lines: Sequence[Line]) -> str:
    """Return the answer in words; ``ordered``: those with spend, the best first."""
    if not ordered:
        return "Nothing was spent in these days."
    best, worst = ordered[0], ordered[-1]
    free = sum(line.values["lead_net_amount"] for line in lines if not line.spend)
    told = f"{best.name} leaves most: {write(best.left, Unit.MONEY)} after {write(best.spend, Unit.MONEY)} of spend." if best.left > 0 else "Nothing has earned its spend yet."
    if worst is not best:
        told += f" {worst.name} has cost {write(-worst.left, Unit.MONEY)} more than it brought so far." if worst.left < 0 else f" {worst.name} leaves least: {write(worst.left, Unit.MONEY)}."
    return told + (f" {write(free, Unit.MONEY)} of net sales came without any spend." if free else "")


def _note(visit: Visit, lines: Sequence[Line], by: str, young: str) -> str:
    parts = [f"Leads of {visit.period.words} and what they have brought by now. Left = net sales $ x {CONTRIBUTION_MARGIN:.0%} contribution margin - spend. A source that was renamed keeps its past under its new name."]
    if young:
        parts.insert(0, f"{young[0].upper()}{young[1:]}.")
    if by == "campaign":
        parts.append("A campaign is what the source says of itself; sources without one stand together.")
    new = [branch for branch in visit.shown if branch.opened_on and (visit.today - branch.opened_on).days < 56]
    parts += [f"{branch.name} opened on {branch.opened_on:%-d %B %Y}: its spend comes before its sales, so it is too young to judge." for branch in new if branch.opened_on]
    waiting = [line.name for line in lines if line.spend and line.values["leads"] and not line.values["lead_net_amount"]]
    if waiting:
        parts.append(f"No sales yet from {', '.join(waiting[:3])}{' and others' if len(waiting) > 3 else ''}.")
    return " ".join(parts)
