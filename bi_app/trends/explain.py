"""The cards that explain: odd days with what people say of them, and why a number changed."""

import math
from collections.abc import Sequence
from datetime import timedelta

from dash import html
from dash.development.base_component import Component

from bi_app.shell.files import with_files
from bi_app.shell.parts import card, empty, icon
from bi_app.shell.said import Said, saying
from bi_app.sources import Sources
from bi_app.trends.choices import GRAINS, Choices
from bi_app.trends.filing import VERDICTS, odd_block, stages_block, why_block
from bi_app.trends.findings import Findings
from bi_app.trends.main import table
from bi_app.trends.numbers import Numbers, start_of
from bi_app.trends.why import Why, headline_words, periods, why_of
from bi_app.visit import Visit
from shared.metrics.drivers import Drivers, label_of, part_words, ratio_words
from shared.metrics.format import write, write_exact
from shared.metrics.metric import Unit
from shared.warehouse.annotations import Annotation, Feedback

ODD, WHY = "Out of the ordinary", "Why did this change?"
_MOST_ODD, _NEAR = 8, timedelta(days=3)


def odd_card(visit: Visit, choices: Choices, numbers: Numbers, findings: Findings, notes: Sequence[Annotation], said: Sequence[Feedback]) -> html.Section:
    """Return the odd days in view, the newest first, each with buttons for what people know of it."""
    verdicts = {each.day: each for each in said}
    found = [each for each in findings.odd if each.day >= numbers.shown.start][::-1]
    excused = [each for each in said if each.verdict == "expected" and each.day >= numbers.shown.start][::-1]
    about = {"data-metric": numbers.metric.name, "data-branches": ",".join(str(branch.id) for branch in visit.chosen) if visit.filters.branches or not visit.scope.is_company else ""}
    if not found and not excused:
        return card(5, ODD, empty("No day in view is out of the ordinary at this sensitivity.", title="All as usual", symbol="good"), name="tr-odd")
    items = [html.Li([
        html.A([html.B(f"{each.day:%a} {each.day.day} {each.day:%b %Y}"), html.Span(write(each.value, numbers.metric.unit), className="num"),
                html.Span(f"{'above' if each.score > 0 else 'below'} usual, score {abs(each.score):.1f}", className=f"delta {'flat' if abs(each.score) < 5 else 'bad'}")],
               href=visit.filters.choosing(day=each.day.isoformat()), className="tr-day", **{"data-nav": "", **({"aria-current": "true"} if choices.day == each.day else {})}),
        html.P(f"{write(each.expected, numbers.metric.unit)} was expected, {write(each.low, numbers.metric.unit)} to {write(each.high, numbers.metric.unit)} is usual.", className="tr-say"), *_near(each.day, notes),
        _feedback(each.day.isoformat(), verdicts.get(each.day), about),
    ]) for each in found[:_MOST_ODD]]
    quiet = [html.Li([html.Div([html.B(f"{each.day:%a} {each.day.day} {each.day:%b %Y}"), html.Span("expected, so left out of what is usual", className="note")], className="tr-day"), _feedback(each.day.isoformat(), each, about)]) for each in excused[:4]]
    more = [html.P(f"and {len(found) - _MOST_ODD} more in view", className="note more")] if len(found) > _MOST_ODD else []
    section = card(5, ODD, html.Ul([*items, *quiet], className="tr-odds"), *more, sub="Days judged by the same weekdays before them; say what you know, it is remembered", name="tr-odd")
    return with_files(section, odd_block(ODD, found, verdicts, numbers.metric.unit), (numbers.metric.name,)) if found else section


def _near(day: object, notes: Sequence[Annotation]) -> list[Component]:
    return [html.P([icon("info"), f"{note.text} ({note.first.day} {note.first:%b}{f' to {note.last.day} {note.last:%b}' if note.last != note.first else ''})"], className="tr-near")
            for note in notes if note.first - _NEAR <= day <= note.last + _NEAR]  # type: ignore[operator]


def _feedback(day: str, said: Feedback | None, about: dict[str, str]) -> html.Div:
    buttons = [html.Button(label, className="button small", type="button", **{"data-do": "verdict", "data-verdict": verdict, "aria-pressed": str(said is not None and said.verdict == verdict).lower()})
               for verdict, label in VERDICTS.items()]
    who = f"{said.who or 'Somebody'} said so on {said.at.day} {said.at:%b %Y}" if said else ""
    return html.Div([*buttons, html.Span(who, className="note tr-who"), html.Div(className="problem", role="alert")], className="tr-verdict no-print", **{"data-day": day, **about})


def why_card(visit: Visit, sources: Sources, choices: Choices, numbers: Numbers, findings: Findings, notes: Sequence[Annotation]) -> html.Section:
    """Return the card that takes a change apart."""
    spans = periods(visit, choices, numbers)
    if spans is None:
        return card(7, WHY, empty("Two complete buckets are needed to compare."), name="tr-why")
    why, unit = why_of(visit, sources, choices, numbers, spans), numbers.metric.unit
    bases = html.Nav([html.A(label, href=visit.filters.choosing(base=None if key == "previous" else key), **{"data-nav": "", **({"aria-current": "true"} if choices.base == key else {})})
                      for key, label in (("previous", f"{GRAINS[choices.grain]} before" if choices.grain != "day" else "Week before"), ("year", "Last year"))], className="seg small no-print", **{"aria-label": "Against"})
    body: list[Component] = [html.P(html.B(headline_words(why, numbers.metric)), className="tr-say strong"), *_verdict(choices, findings, unit, why)]
    if why.calendar:
        body.append(html.P([icon("calendar"), html.B("The calendar first. "), why.calendar.words], className="tr-near"))
    body += [each for note in notes if note.last >= why.after.start - _NEAR and note.first <= why.after.end + _NEAR for each in _near(note.first, [note])]
    found = why.drivers
    body += _parts(found, unit) if found.parts else _ratio(found, unit) if found.ratio else [html.P(found.problem, className="tr-say")]
    body += [saying(html.Div(_stages(found, unit)), Said(stages_block(found, unit)))] if found.stages else []
    return with_files(card(7, WHY, *body, sub=f"{why.after.words} against {why.before.words}", side=bases, name="tr-why"), why_block(WHY, why, numbers.metric), (numbers.metric.name,))


def _verdict(choices: Choices, findings: Findings, unit: Unit, why: Why) -> list[Component]:
    inside = [each for each in findings.odd if why.after.start <= each.day <= why.after.end]
    if choices.day and start_of(choices.day, choices.grain) == why.after.start and not inside:
        return [html.P("No day in it is out of the ordinary at this sensitivity.", className="tr-say")]
    return [html.P([icon("warning"), f"{each.day:%a} {each.day.day} {each.day:%b}: {write(each.value, unit)}, {write(each.expected, unit)} expected, {write(each.low, unit)} to {write(each.high, unit)} usual, score {each.score:+.1f}."], className="tr-near")
            for each in inside[:4]]


def _parts(found: Drivers, unit: Unit) -> list[Component]:
    change = found.after - found.before
    rows = []
    for part in found.parts:
        share = "—" if math.isnan(part.share) else f"{part.share:,.1%}"
        width = 0 if math.isnan(part.share) else min(abs(part.share), 1.0)
        rows.append(html.Tr([
            html.Td([html.B(" · ".join(key for _, key in part.path) or "Everything else"), html.Small(" · ".join(label_of(name) for name, _ in part.path))], className="tr-what"),
            html.Td(write(part.before, unit), className="n"), html.Td(write(part.after, unit), className="n"), html.Td(_signed(part.after - part.before, unit), className="n strong"),
            html.Td(html.Div([html.Span(share, className="num"), html.Span(html.I(style={"width": f"{width:.0%}"}), className=f"tr-meter {'against' if part.share < 0 else ''}".rstrip())], className="tr-share"), className="n"),
        ]))
    total = html.Tr([html.Td("Together"), html.Td(write(found.before, unit), className="n"), html.Td(write(found.after, unit), className="n"), html.Td(_signed(change, unit), className="n"), html.Td("100.0%" if change else "—", className="n")], className="sum-row")
    head = html.Tr([html.Th("Part"), html.Th("Before", className="n"), html.Th("After", className="n"), html.Th("Change", className="n"), html.Th("Of the change", className="n")])
    sums = " ".join(_signed(part.after - part.before, unit) for part in found.parts).lstrip("+")
    told = [html.Li(part_words(part, change, unit)) for part in found.parts if part.path][:3]
    plain = [(" · ".join(key for _, key in part.path) or "Everything else", write_exact(part.before, unit), write_exact(part.after, unit), write_exact(part.after - part.before, unit), "—" if math.isnan(part.share) else f"{part.share:.4f}") for part in found.parts]
    little = [html.P("The parts nearly cancel each other, so each is a large share of the little that is left.", className="tr-say")] if found.cancels else []
    return [html.Ul(told, className="tr-told"), *little, html.Div(html.Table([html.Thead(head), html.Tbody([*rows, total])], className="tb tr-parts"), className="tr-scroll"), html.P(html.Code(f"{sums} = {_signed(change, unit)}"), className="tr-sum"),
            table(["Part", "Before", "After", "Change", "Share"], plain, f"Exact numbers; looked into {', '.join(map(label_of, found.dimensions))}")]


def _ratio(drivers: Drivers, unit: Unit) -> list[Component]:
    found, name = drivers.ratio, label_of(drivers.dimensions[0])
    if found is None:
        return []
    rows = [html.Tr([html.Td(html.B(each.segment)), html.Td(write(each.before, unit), className="n"), html.Td(write(each.after, unit), className="n"), html.Td(_signed(each.rate, unit), className="n"), html.Td(_signed(each.mix, unit), className="n"),
                     html.Td(_share(each.rate + each.mix, found.after - found.before), className="n")]) for each in found.effects[:8]]
    rest = found.effects[8:]
    if rest:
        rate, mix = sum(each.rate for each in rest), sum(each.mix for each in rest)
        rows.append(html.Tr([html.Td(f"{len(rest)} others"), html.Td("", className="n"), html.Td("", className="n"), html.Td(_signed(rate, unit), className="n"), html.Td(_signed(mix, unit), className="n"), html.Td(_share(rate + mix, found.after - found.before), className="n")]))
    total = html.Tr([html.Td("Together"), html.Td(write(found.before, unit), className="n"), html.Td(write(found.after, unit), className="n"), html.Td(_signed(found.rate, unit), className="n"), html.Td(_signed(found.mix, unit), className="n"), html.Td(_share(1.0, 1.0), className="n")], className="sum-row")
    head = html.Tr([html.Th(name.capitalize()), *(html.Th(each, className="n") for each in ("Before", "After", "By its rate", "By the mix", "Of the change"))])
    return [html.P(ratio_words(found, unit, name), className="tr-say"), html.Div(html.Table([html.Thead(head), html.Tbody([*rows, total])], className="tb tr-parts"), className="tr-scroll"),
            html.P(html.Code(f"{_signed(found.rate, unit)} {_signed(found.mix, unit)} = {_signed(found.after - found.before, unit)}"), className="tr-sum")]


def _stages(found: Drivers, unit: Unit) -> list[Component]:
    """What each stage of the funnel did; the effects add up to the change."""
    change = found.after - found.before

    def own(place: int, value: float) -> str:
        is_money = place == len(found.stages) - 1 and unit is Unit.MONEY
        return f"{value:,.0f}" if place == 0 else write(value, unit) if is_money else f"{value:.1%}"

    rows = [html.Tr([html.Td(html.B(each.name)), html.Td(own(place, each.before), className="n"), html.Td(own(place, each.after), className="n"), html.Td(_signed(each.effect, unit), className="n strong"), html.Td(_share(each.effect, change), className="n")])
            for place, each in enumerate(found.stages)]
    total = html.Tr([html.Td("Together"), html.Td(write(found.before, unit), className="n"), html.Td(write(found.after, unit), className="n"), html.Td(_signed(change, unit), className="n"), html.Td(_share(change, change), className="n")], className="sum-row")
    head = html.Tr([html.Th("Stage"), *(html.Th(each, className="n") for each in ("Before", "After", "Effect", "Of the change"))])
    sums = " ".join(_signed(each.effect, unit) for each in found.stages).lstrip("+")
    return [html.H4("Stage by stage", className="tr-h"), html.P("Leads times the rate of every later stage, each counted on the day it happened; a factor's effect is its logarithm's part of the change.", className="tr-say"),
            html.Div(html.Table([html.Thead(head), html.Tbody([*rows, total])], className="tb tr-parts"), className="tr-scroll"), html.P(html.Code(f"{sums} = {_signed(change, unit)}"), className="tr-sum")]


def _share(part: float, whole: float) -> str:
    return f"{part / whole:.1%}" if whole else "—"


def _signed(value: float, unit: Unit) -> str:
    if math.isnan(value):
        return "—"
    size = f"{abs(value) * 100:.2f} pt" if unit is Unit.PERCENT else write(abs(value), unit)
    return f"{'+' if value >= 0 else '−'}{size}"
