"""What the editor asks while a report is being made: blocks with real numbers, what fits where and why not, values to filter by."""

from typing import Any

import orjson
from flask import Response, request

from bi_app.reports.cards import body, themed_figure
from bi_app.reports.reading import opened
from bi_app.site import Site
from bi_app.sources import Sources
from bi_app.visit import Visit
from shared.metrics.dimension import BY_DIMENSION, dimension, dimensions_of
from shared.metrics.errors import OutOfScopeError, QuestionError
from shared.metrics.metric import Metric, Sum
from shared.metrics.period import period
from shared.metrics.question import Question
from shared.metrics.registry import metric, metrics
from shared.reports.block_numbers import TIMES, field_label
from shared.reports.chart_kinds import CHART_KINDS, ChartKind, misfit, refusals
from shared.reports.report import COMPARES, Report, ReportBlock, ReportError, sentence
from shared.reports.report_answers import BlockAnswer, Reader, Reports
from shared.reports.report_document import card_of
from shared.reports.report_text import block_of, limits_of
from shared.web.prerender import plain, prerender
from shared.web.replies import refusal
from shared.web.report_bodies import body as sent_body
from shared.web.report_pages import answered

_MOST_VALUES = 1000


def register_preview(app: Site, _sources: Sources) -> None:
    """Add the routes of the editor to ``app``."""

    @app.server.post("/library/preview")
    @answered
    def preview() -> Response:
        """Draw blocks: ``{"report": 17, "limits": {...}, "blocks": [{...}], "fits": "b1"}``."""
        sent = sent_body()
        visit, number = _visit(app, sent)
        if not opened(number).entry.may_edit:
            return refusal(403, "This report is shared with you to read.")
        blocks = sent.get("blocks")
        if not isinstance(blocks, list) or len(blocks) > 30:
            raise ReportError("blocks", "Send a list of blocks.")
        report = Report("Preview", "", limits_of(sent.get("limits", {})), tuple(block_of(each) for each in blocks))
        sources = app.sources.at_once()
        reader = Reader(visit.scope, visit.today, sources.settings.fiscal_year_start_month, frozenset(branch.id for branch in visit.branches))
        drawn = [_shown(visit, each) for each in Reports(sources.ask, sources.headlines, sources.reference)(report, reader)]
        chosen = report.block(str(sent.get("fits", "")))
        return _json({"blocks": drawn, "fits": _fits(chosen, visit) if chosen is not None else None})

    @app.server.get("/library/values")
    @answered
    def values() -> Response:
        """Return keys and labels of a dimension that occur in the last year: ``?report=17&dimension=source&metrics=leads,issued``."""
        visit, _ = _visit(app, {"report": int(request.args.get("report", "0")) if request.args.get("report", "0").isdigit() else 0})
        try:
            by = dimension(request.args.get("dimension", "")[:80])
            asked = [metric(name[:80]) for name in request.args.get("metrics", "").split(",") if name]
            known = [each for each in (*asked, *(one for one in metrics().values() if isinstance(one.formula, Sum))) if by in dimensions_of(each) and (visit.scope.is_company or each.has_branch)]
            if not known:
                return refusal(422, f"Nothing that you may see is known by {by.label.lower()}.")
            answer = app.sources.ask(Question((known[0].name,), period("last_365_days", visit.today), split=(by.name,)), visit.scope)
        except (QuestionError, OutOfScopeError) as error:
            return refusal(422, sentence(error))
        rows = sorted(answer.frame.to_dict("records"), key=lambda row: str(row[f"{by.name}_label"]).casefold())
        return _json({"values": [{"key": str(row[by.name]), "label": str(row[f"{by.name}_label"]) or by.none} for row in rows[:_MOST_VALUES]], "left_out": max(0, len(rows) - _MOST_VALUES)})


def _visit(app: Site, sent: Any) -> tuple[Visit, int]:
    number = sent.get("report")
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 2**53:
        raise ReportError("report", "Say which report this is for.")
    return app.visit(f"/reports/{number}/edit", {}), number


def _shown(visit: Visit, found: BlockAnswer) -> dict[str, Any]:
    block, card = found.block, card_of(found)
    shown: dict[str, Any] = {"id": block.id, "title": card.title, "note": card.note if found.numbers else "", "lacks": block.lacks, "figure": None}
    if found.numbers is not None and card.figure is not None and (not found.numbers.fields or found.numbers.rows):
        keys, figure, _ = themed_figure(visit, card)
        return {**shown, "figure": figure, "html": prerender(plain(keys))}
    return {**shown, "html": prerender(plain(body(visit, found, card, is_preview=True)))}


def _fits(block: ReportBlock, visit: Visit) -> dict[str, Any]:
    """Return for each well and field why it cannot be dropped there, and for each kind why the block cannot become it; what fits is left out."""
    kind, held = block.chart, (block.metrics, block.split, block.series)
    open_metrics = [each for each in metrics().values() if visit.scope.is_company or each.has_branch]
    wells: dict[str, dict[str, str]] = {well.key: {} for well in kind.wells}
    for well in kind.wells:
        names = [each.name for each in open_metrics] if well.key == "value" else [*TIMES, *BY_DIMENSION]
        wells[well.key] = {name: words for name in names if (words := misfit(kind, well.key, name, *held))}
    wells["filter"] = {name: words for name in BY_DIMENSION if (words := _unfilterable(block, name))} | {each.name: words for each in open_metrics if (words := _no_condition(block, each))}
    if kind.compares and block.series:
        wells["compare"] = {f"compare:{name}": f"Each {field_label(block.series).lower()} is shown by itself; take it out of {_label_of(kind, 'series')} to compare with other days." for name in COMPARES}
    kinds = {each.key: words for each in CHART_KINDS.values() if (words := refusals(each, *held) or ("It holds text." if block.text and each.key != "text" else ""))}
    return {"id": block.id, "wells": wells, "kinds": kinds}


def _unfilterable(block: ReportBlock, name: str) -> str:
    if name == "branch":
        return "Branches have a filter of their own, below."
    unknown = next((each.label for each in block.declared if BY_DIMENSION[name] not in dimensions_of(each)), "")
    return f"{unknown} is not known by {BY_DIMENSION[name].label.lower()}." if unknown else ""


def _no_condition(block: ReportBlock, declared: Metric) -> str:
    """Return why rows cannot be left out by a metric ("only if"); empty where they can."""
    if block.chart.is_single or (not block.split and block.kind != "table"):
        return f"A condition by {declared.label} leaves out rows; there are none without a field to split by."
    unknown = next((name for name in block.dimensions if BY_DIMENSION[name] not in dimensions_of(declared)), "")
    return f"{declared.label} is not known by {field_label(unknown).lower()}." if unknown else ""


def _label_of(kind: ChartKind, name: str) -> str:
    well = kind.well(name)
    return well.label if well else name


def _json(found: object) -> Response:
    return Response(orjson.dumps(found, option=orjson.OPT_NON_STR_KEYS), mimetype="application/json")
