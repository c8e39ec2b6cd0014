"""What deserves attention, in sentences; worst first, and the good news last."""

from collections.abc import Sequence
from dataclasses import dataclass

from dash import html

from bi_app.shell.files import with_files
from bi_app.shell.parts import card, empty, icon
from bi_app.visit import Visit
from shared.metrics.format import write
from shared.metrics.headline import Headline, Status
from shared.metrics.headline_words import percent
from shared.reports.document import Block, Column, Table
from shared.warehouse.branches import Branch

TITLE = "Needs attention"
_MOST = 5
_ORDER: dict[Status, int] = {"bad": 0, "warn": 1, "good": 2, "none": 3}
_ICONS = {"bad": "bad", "warn": "warning", "good": "good"}


@dataclass(frozen=True)
class Note:
    """One sentence of the list with the reason under it."""

    status: Status
    weight: float
    """How far from its target; the farthest come first."""
    text: str
    reason: str
    link: str = ""
    """Address that shows it; empty: ``glass`` opens its glass box."""
    glass: str = ""


def notes(visit: Visit, headlines: Sequence[Headline], lines: Sequence[tuple[Branch, Headline]]) -> list[Note]:
    """Return what is worth a sentence: headlines and branches off their target, and those that have reached it."""
    found = [_of_headline(headline) for headline in headlines if headline.status in {"bad", "warn"}]
    found += [_of_branch(visit, branch, headline) for branch, headline in lines if headline.status in {"bad", "warn"} and len(lines) > 1]
    found += [_of_branch(visit, branch, headline) for branch, headline in lines if headline.status == "good" and len(lines) > 1]
    found.sort(key=lambda note: (_ORDER[note.status], note.weight))
    worst = [note for note in found if note.status != "good"][: _MOST - 1]
    return worst + [note for note in found if note.status == "good"][: max(1, _MOST - len(worst) - 1)]


def _of_headline(headline: Headline) -> Note:
    share, of_what = (headline.pace, "pace") if headline.pace is not None else (headline.attainment or 0.0, "the target")
    trend = "" if headline.direction == "flat" or headline.change is None else f", {headline.direction} {headline.change_text} against {headline.comparison.period.words}"
    goal = write(headline.goal.value, headline.metric.unit) if headline.goal else ""
    return Note(headline.status, share, f"{headline.metric.label}: {headline.text}, {percent(share)} of {of_what}", f"The target is {goal}{trend}.", glass=headline.metric.name)


def _of_branch(visit: Visit, branch: Branch, headline: Headline) -> Note:
    pace = headline.pace if headline.pace is not None else headline.attainment or 0.0
    verb = "is ahead of its goal" if headline.status == "good" else "is behind its goal"
    landing = f"; lands at {write(headline.projected, headline.metric.unit)}" if headline.projected is not None else ""
    goal = write(headline.goal.value, headline.metric.unit) if headline.goal else ""
    return Note(headline.status, pace if headline.status != "good" else -pace, f"{branch.name} {verb}: {percent(pace)} of pace", f"{headline.text} net sales of {goal}{landing}.", link=visit.filters.link(branches=(branch.id,)))


def attention_card(visit: Visit, headlines: Sequence[Headline], lines: Sequence[tuple[Branch, Headline]]) -> html.Section:
    """Return the card."""
    found = notes(visit, headlines, lines)
    if not found:
        return card(4, TITLE, empty("Nothing is off its target.", title="All quiet", symbol="good"))
    section = card(4, TITLE, html.Div([_row(note) for note in found], className="als"), sub="Against target and pace", name="attention")
    return with_files(section, Block("attention", TITLE, "", None, Table((Column("What"), Column("Why")), tuple((note.text, note.reason) for note in found)), "Against target and pace."))


def _row(note: Note) -> html.A | html.Button:
    inner = [html.Span(icon(_ICONS[note.status]), className=f"al-i {note.status}"), html.Span([html.B(note.text), html.Small(note.reason)])]
    if note.link:
        return html.A(inner, href=note.link, className="al", **{"data-nav": ""})
    return html.Button(inner, className="al", type="button", **{"data-glass": note.glass, "aria-haspopup": "dialog"})
