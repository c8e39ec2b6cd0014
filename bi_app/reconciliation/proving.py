"""The proof of a ledger: from the files to what was compared, to what became of every row, to its cases, to the rows themselves."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from bi_app.reconciliation.filing import files_block, lines_of, proof_block, rows_block
from bi_app.reconciliation.leading import link
from bi_app.reconciliation.words import LEVELS, cents, day, in_a_line, money
from bi_app.shell.files import with_files
from bi_app.shell.parts import card, empty, icon
from bi_app.visit import Visit
from shared.reconciliation.breaks import BREAK_NAMES
from shared.reconciliation.proof import MOST_ROWS, Rows, Side, Wanted
from shared.reconciliation.summary import TITLES

_SHOWN = 300
_SIDES: tuple[Side, Side] = ("outside", "crm")


def proof_card(run: Mapping[str, Any], title: str, visit: Visit, back: html.A, *, newest: int) -> html.Section:
    """Return what became of every row of both sides, each number a way to its rows as long as the run is the newest of its source."""
    is_newest = run["id"] == newest
    lines = lines_of(run["result"]["parts"])
    head = html.Tr([html.Th("What became of it"), *(html.Th(words, className="n") for words in ("Theirs", "Theirs $", "Ours", "Ours $"))])
    body = [_line(label, {side: Wanted(side, state, level) for side in _SIDES}, sides, run["source"], visit, is_newest=is_newest) for label, state, level, sides in lines]
    totals = {each["side"]: (each["total_count"], each["total_cents"]) for each in run["sides"]}
    parts = {side: tuple(sum(sides.get(side, (0, 0))[place] for *_, sides in lines) for place in (0, 1)) for side in _SIDES}
    body.append(_line("Together", {side: Wanted(side) for side in _SIDES}, totals, run["source"], visit, is_newest=is_newest, name="rc-total"))
    holds = all(parts[side] == totals.get(side, (0, 0)) for side in _SIDES)
    verdict = html.P([html.Span([icon("check" if holds else "warning"), html.Span("The lines add up to both tables, by count and by cents" if holds else "The lines do not add up")], className="rc-holds" if holds else "rc-bad"),
                      html.Span(" The totals were counted in the tables that were read, the lines in what the matching made of them; a run in which they differ is not written at all."
                                + (" Every number leads to its rows." if is_newest else " A later run has taken this one's place, whose rows are kept: ")),
                      None if is_newest else html.A(f"run #{newest}", href=visit.filters.choosing(run=str(newest)), **{"data-nav": ""})], className="rc-why")
    return with_files(card(12, title, html.Div(html.Table([html.Thead(head), html.Tbody(body)], className="tb rc-sides"), className="rc-x"), verdict, side=back), proof_block(run, lines))


def _line(label: str, wanted: Mapping[Side, Wanted], sides: Mapping[str, tuple[int, int]], source: str, visit: Visit, *, is_newest: bool, name: str = "") -> html.Tr:
    cells: list[Component] = []
    for side in _SIDES:
        count, amount = sides.get(side, (0, 0))
        said = html.A(f"{count:,}", href=link(visit, source, wanted[side]), **{"data-nav": ""}) if is_newest and count else f"{count:,}" if side in sides else "–"
        cells += [html.Td(said, className="n"), html.Td(cents(amount) if side in sides else "–", className="n")]
    return html.Tr([html.Td(html.B(label) if name else label), *cells], className=name or None)


def files_card(run: Mapping[str, Any], files: Sequence[Mapping[str, Any]], visit: Visit, *, is_newest: bool) -> html.Section:
    """Return the way from every file to what was compared, and from our book."""
    known = {each["batch"]: each for each in files}
    compared = (run["inputs"] or {}).get("files", ())
    head = html.Tr([html.Th("File"), html.Th("SHA-256", className="x-s"), html.Th("Lines left out", className="n"), html.Th("Records", className="n"), html.Th("$", className="n"), html.Th("")])
    rows = [_file(each, known.get(each["batch"], {}), run["source"], visit, is_newest=is_newest) for each in compared if "cents" in each]
    if len(rows) > 1:
        rows.append(html.Tr([html.Td(html.B("Together, theirs")), html.Td("", className="x-s"), html.Td(f"{sum(each.get('left_out', 0) for each in compared):,}", className="n"), html.Td(f"{sum(each['row_count'] for each in compared):,}", className="n"),
                             html.Td(cents(sum(each["cents"] for each in compared)), className="n"), html.Td("")], className="rc-total"))
    left = [html.Li([html.B(f"{each['batch']}, line {one['line']}: "), one["words"], html.Span(f" ({one['says']})" if one.get("says") else "", className="rc-bad" if one.get("agrees") is False else "rc-muted")])
            for each in files for one in each["left_out"][:40]]
    body: list[Component | None] = [html.Div(html.Table([html.Thead(head), html.Tbody(rows)], className="tb rc-sides"), className="rc-x"), html.P(_book_words(run), className="rc-why")]
    if left:
        body.append(html.Details([html.Summary(f"{sum(len(each['left_out']) for each in files):,} lines were left out"), html.Ul(left, className="rc-left")], className="rc-more"))
    return with_files(card(12, "From the files to what was compared", *body, sub="Records and lines left out are all that a file holds below its header"), files_block(files))


def _file(each: Mapping[str, Any], known: Mapping[str, Any], source: str, visit: Visit, *, is_newest: bool) -> html.Tr:
    count = html.A(f"{each['row_count']:,}", href=link(visit, source, Wanted("outside", batch=each["batch"])), **{"data-nav": ""}) if is_newest else f"{each['row_count']:,}"
    holds = (each.get("taken_count"), each.get("taken_cents")) == (each["row_count"], each["cents"])
    disagree = [one for one in known.get("left_out", ()) if one.get("agrees") is False]
    agreed = sum(one.get("agrees") is True for one in known.get("left_out", ()))
    words = "as taken" if holds else "differs from what was taken" if each.get("taken_count") is not None else ""
    said = [html.Span([icon("check" if holds else "warning"), html.Span(words)], className="rc-holds" if holds else "rc-bad")] if words else []
    if disagree:
        said.append(html.Span([icon("warning"), html.Span("a total of its own does not agree")], className="rc-bad"))
    elif agreed:
        said.append(html.Span([icon("check"), html.Span("agrees with its own total" if agreed == 1 else f"agrees with its own {agreed} totals")], className="rc-holds"))
    return html.Tr([html.Td(each["batch"]), html.Td(html.Code(each["sha256"][:16], title=each["sha256"]), className="x-s"), html.Td(f"{each.get('left_out', 0):,}", className="n"), html.Td(count, className="n"), html.Td(cents(each["cents"]), className="n"), html.Td(said)])


def _book_words(run: Mapping[str, Any]) -> str:
    left = (run["result"] or {}).get("left_out")
    ours = next((each for each in run["sides"] if each["side"] == "crm"), None)
    if not left or ours is None:
        return ""
    return (f"Our book holds {left['book']['count']:,} rows of {cents(left['book']['cents'])}: {ours['total_count']:,} rows of {cents(ours['total_cents'])} were compared, {left['period']['count']:,} of {cents(left['period']['cents'])} "
            f"lie outside the days that they have reported on"
            + (f", {left['branches']['count']:,} of {cents(left['branches']['cents'])} are of branches of which they know nothing ({left['branches']['names']})" if left.get("branches", {}).get("count") else "") + (f", and {left['nothing']['count']:,} have no amount." if left["nothing"]["count"] else "."))


def cases_card(run: Mapping[str, Any], cases: Mapping[str, Mapping[str, Any]], visit: Visit) -> html.Section:
    """Return which cases stand behind the breaks."""
    found = (run["result"] or {}).get("found", {})
    head = html.Tr([html.Th("Break"), html.Th("Found", className="n"), html.Th("Cases", className="n"), html.Th("Open", className="n"), html.Th("Accepted", className="n"), html.Th("Written off", className="n x-s"), html.Th("Called resolved", className="n x-s"), html.Th("At risk", className="n"), html.Th("")])
    rows = []
    for name in BREAK_NAMES:
        each, count = cases.get(name, {}), int(found.get(name, 0))
        if not each and not count:
            continue
        holds = each.get("cases", 0) == count
        rows.append(html.Tr([html.Td(html.A(TITLES[name], href=visit.filters.choosing(show="cases", rule=name, which="all", run=None), **{"data-nav": ""})), html.Td(f"{count:,}", className="n"), *(html.Td(f"{each.get(key, 0):,}", className="n" + more) for key, more in (("cases", ""), ("open", ""), ("accepted", ""), ("written_off", " x-s"), ("resolved", " x-s"))),
                             html.Td(money(each.get("amount", 0)), className="n"), html.Td(html.Span([icon("check" if holds else "warning"), html.Span("each has a case" if holds else "differs")], className="rc-holds" if holds else "rc-bad"))]))
    if not rows:
        return card(12, "From breaks to cases", empty("No break, no case.", symbol="good", title="Nothing is broken"))
    return card(12, "From breaks to cases", html.Div(html.Table([html.Thead(head), html.Tbody(rows)], className="tb"), className="rc-x"), sub="A break of a pair has one row on either side and one case; a case ends when the break is gone or somebody answers for it")


def rows_card(found: Rows, wanted: Wanted, label: str, visit: Visit, back: html.A) -> html.Section:
    """Return the rows behind a number."""
    whose = "theirs" if wanted.side == "outside" else "ours"
    what = "every row" if not wanted.state else "every break" if wanted.state == "broken" else f"matched {LEVELS.get(wanted.level, '')}".strip() if wanted.state == "matched" and wanted.level is not None else in_a_line(wanted.state)
    title = f"{label}, {whose}: {what}" + (f", {wanted.batch}" if wanted.batch else "")
    sub = f"{found.count:,} rows, {cents(found.cents)}" + (f"; the first {_SHOWN} are shown, the file holds {min(found.count, MOST_ROWS):,}" if found.count > _SHOWN else "")
    if not found.rows:
        return card(12, title, empty("No row of yours is among them.", symbol="search"), side=back)
    is_theirs = wanted.side == "outside"
    head = html.Tr([html.Th("Day"), html.Th("Reference"), html.Th("Household"), html.Th("Amount", className="n"), html.Th("Became"), html.Th("With", className="x-s"), html.Th("Because", className="x-s"), html.Th("File, line", className="x-s") if is_theirs else None, html.Th("")])
    rows = [html.Tr([html.Td(day(each["day"]), className="rc-muted"), html.Td(html.B(each["reference"] or "—")), html.Td((each["name"] or "—")[:80]), html.Td(cents(each["cents"]), className="n"), html.Td("matched" if each["state"] == "matched" else in_a_line(each["state"]), className=None if each["state"] == "matched" else "rc-bad"),
                     html.Td(each["counterpart"], className="x-s rc-file"), html.Td(each["reason"], className="x-s rc-muted rc-file"), html.Td(f"{each['batch']}, {each['line'] or '—'}", className="x-s rc-muted rc-file") if is_theirs else None,
                     html.Td(html.A("Case", href=visit.filters.choosing(show="case", case=str(each["case_id"])), **{"data-nav": ""}) if each["case_id"] else None)]) for each in found.rows[:_SHOWN]]
    return with_files(card(12, title, html.Div(html.Table([html.Thead(head), html.Tbody(rows)], className="tb"), className="rc-x"), sub=sub, side=back), rows_block(title, sub, found))
