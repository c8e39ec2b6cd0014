"""Rankings: fair places with movement, as one table, or for each branch beside the others."""

from collections.abc import Sequence
from itertools import groupby
from urllib.parse import quote

from dash import html

from bi_app.executive.leaderboard import movement
from bi_app.shell.files import with_files
from bi_app.shell.parts import card, empty
from bi_app.sources import Sources
from bi_app.visit import Visit
from shared.metrics.format import write
from shared.metrics.registry import metric
from shared.metrics.scorecard import Ranking, Scorecard
from shared.metrics.standings import Standing, standings
from shared.reports.document import Block, Column, Table

_MOST, _EACH = 12, 5


def chosen(visit: Visit, ranking: Ranking) -> str:
    """Return the metric that the address asks to rank by, or the first."""
    name = visit.filters.choice("by")
    return name if name in ranking.metrics else ranking.metrics[0]


def ranking_card(visit: Visit, sources: Sources, scorecard: Scorecard) -> html.Section:
    """Return the ranking of the chosen period and branches; a click on a heading ranks by it, one on a number shows the rows behind."""
    ranking = scorecard.ranking
    by = chosen(visit, ranking)
    declared = metric(by)
    found = standings(sources.ask, sources.reference, visit.period, visit.scope, by, ranking.metrics, over=ranking.dimension, branches=visit.filters.branch_set)
    fair = f"; under {declared.minimum_sample} cases, drawn towards the {'branch' if found and found[0].branch else 'whole'}" if declared.minimum_sample else ""
    sub = f"By {declared.label.lower() if not declared.label.isupper() else declared.label}{fair}. Equal values share a place; arrows: places since the comparison"
    if not found:
        return card(12, ranking.title, empty("Nobody has a number in these days.", symbol="people"), sub=sub)
    apart = scorecard.department == "branch" and len(visit.chosen) > 1
    body = _by_branch(visit, ranking, by, found) if apart else _table(visit, ranking, by, found)
    title = f"{ranking.title}, by location" if apart else ranking.title
    section = card(12, title, body, sub=sub, side=html.Span(f"{len(found)} in all", className="note"), name="sc-ranking")
    return with_files(section, Block("ranking", title, f"{sub}.", None, _numbers(ranking, by, found, apart=apart)), ranking.metrics)


def _numbers(ranking: Ranking, by: str, found: Sequence[Standing], *, apart: bool) -> Table:
    """Everybody, as ranked; in the column of what ranks the fair value, beside it their own where the two may differ."""
    declared = metric(by)
    has_branch, is_fair = any(each.branch for each in found), bool(declared.minimum_sample)
    fair = Column(f"{declared.label}, fair" if is_fair else declared.label, declared.unit, "Drawn towards the group where somebody had few cases; what the places go by." if is_fair else declared.meaning)
    own = [name for name in ranking.metrics if name != by or is_fair]
    columns = (Column("Place"), Column("Moved", None, "Places gained (+) or lost (-) against the comparison."), Column(ranking.title), *([Column("Branch")] if has_branch else []), fair,
               *(Column(f"{metric(name).label}, own" if name == by else metric(name).label, metric(name).unit, metric(name).meaning) for name in own))
    rows = sorted(found, key=lambda each: (each.branch, each.place)) if apart else found
    return Table(columns, tuple((each.place if apart else each.rank, each.moved if apart else each.movement, each.name, *([each.branch] if has_branch else []), each.fair_value, *(each.values[name] for name in own)) for each in rows))


def _table(visit: Visit, ranking: Ranking, by: str, found: Sequence[Standing]) -> html.Div:
    heads = [html.Th(html.A(metric(name).label, href=visit.filters.choosing(by=name), title=f"Rank by {metric(name).label}", **{"data-nav": "", **({"aria-current": "true"} if name == by else {})}), className="n" if name == by else "n x-s")
             for name in ranking.metrics]
    head = html.Tr([html.Th("#"), html.Th(ranking.title), *heads])
    most = max(abs(each.fair_value) for each in found) or 1.0
    return html.Div([html.Div(html.Table([html.Thead(head), html.Tbody([_line(ranking, by, each, most) for each in found[:_MOST]])], className="tb sc-rank"), className="sc-wide", tabIndex=0),
                     *([html.Details([html.Summary(f"All {len(found)}", className="button"), html.Table(html.Tbody([_line(ranking, by, each, most) for each in found[_MOST:]]), className="tb sc-rank")], className="sc-more")] if len(found) > _MOST else [])])


def _line(ranking: Ranking, by: str, each: Standing, most: float) -> html.Tr:
    who = html.Div([html.Span(_initials(each.name), className="ava"), html.Div([each.name, html.Small(each.branch)])], className="who")
    return html.Tr([html.Td([str(each.rank), movement(each.movement)], className="num rk"), html.Td(who), *(_number(ranking, by, each, name, most) for name in ranking.metrics)],
                   className="small" if each.is_small else None, title=_fairness(by, each))


def _number(ranking: Ranking, by: str, each: Standing, name: str, most: float) -> html.Td:
    shown = each.fair_value if name == by else each.values[name]
    bar = html.Span(html.I(style={"width": f"{min(1.0, abs(shown) / most):.1%}"}, className="neg" if shown < 0 else None), className="sc-bar") if name == by else None
    button = html.Button([html.Span(write(shown, metric(name).unit), className="amount"), bar], type="button", className="sc-cell", **{"data-glass": _code(ranking, each, name), "aria-haspopup": "dialog"})
    return html.Td(button, className="n" if name == by else "n x-s")


def _code(ranking: Ranking, each: Standing, name: str) -> str:
    branch = f"@branch={each.branch_key}" if each.branch_key not in {"", "0"} else ""
    return f"{name}@@{ranking.dimension}={quote(each.key, safe='')}{branch}"


def _fairness(by: str, each: Standing) -> str | None:
    return f"Too few cases to judge: its own {metric(by).label} is {write(each.values[by], metric(by).unit)}, ranked with {write(each.fair_value, metric(by).unit)}" if each.is_small else None


def _by_branch(visit: Visit, ranking: Ranking, by: str, found: Sequence[Standing]) -> html.Div:
    """The first five of each branch, all on one scale."""
    most = max(abs(each.fair_value) for each in found) or 1.0
    places = {key: list(group) for key, group in groupby(sorted(found, key=lambda each: each.branch_key), key=lambda each: each.branch_key)}
    columns = []
    for branch in visit.chosen:
        here = places.get(str(branch.id), [])
        link = html.A([branch.name, html.Small(f"{len(here)} in all")], href=visit.filters.link(branches=(branch.id,)), className="sc-loc", title=f"Everybody at {branch.name}", **{"data-nav": ""})
        lines = [html.Li([html.Span([str(each.place), movement(each.moved)], className="rk num"), html.Span(each.name, className="name"), _inline(ranking, by, each, most)], className="small" if each.is_small else None, title=_fairness(by, each))
                 for each in here[:_EACH]]
        columns.append(html.Div([link, html.Ol(lines) if lines else html.P("Nobody has a number in these days.", className="note")], className="sc-col"))
    picks = html.Nav([html.A(metric(name).label, href=visit.filters.choosing(by=name), className="chip on" if name == by else "chip quiet", **{"data-nav": ""}) for name in ranking.metrics], className="sc-picks", **{"aria-label": "Rank by"})
    return html.Div([picks, html.Div(columns, className="sc-cols")])


def _inline(ranking: Ranking, by: str, each: Standing, most: float) -> html.Button:
    return html.Button([html.Span(write(each.fair_value, metric(by).unit), className="amount"), html.Span(html.I(style={"width": f"{min(1.0, abs(each.fair_value) / most):.1%}"}), className="sc-bar")],
                       type="button", className="sc-cell", **{"data-glass": _code(ranking, each, by), "aria-haspopup": "dialog"})


def _initials(name: str) -> str:
    return "".join(word[0] for word in name.split()[:2]).upper()
