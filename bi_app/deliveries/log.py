"""What a schedule has sent: its next times, and its runs with a line for every recipient."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from bi_app.deliveries import words
from bi_app.deliveries.schedules import Desk, state_tag
from bi_app.shell.files import with_files
from bi_app.shell.parts import card, empty
from shared.delivery.audience import covers, scope_from
from shared.delivery.timing import Due
from shared.reports.document import Block, Column, Table
from shared.warehouse.delivery_store import Schedule


def next_card(schedule: Schedule, due: Sequence[Due], desk: Desk) -> html.Section:
    """Return the next times of a schedule, with what the clock does to them, and its conditions."""
    definition = words.definition_of(schedule)
    rows = [html.Li([html.B(words.due(each.at, definition) if definition else ""), html.Small(each.note) if each.note else None]) for each in due]
    said = [f"Only if {each.words}." for each in definition.only_if] if definition else []
    said += ["Only if it is not empty."] if definition and definition.not_empty else []
    body = html.Ol(rows, className="dl-due") if rows and not schedule.is_paused and not schedule.broken else empty("It is paused." if schedule.is_paused else schedule.broken or "It never comes again.", title="No next time", symbol="clock")
    names = [words.recipient(key, desk.people) for key in schedule.recipients]
    to = html.Ul([html.Li(name) for name in names], className="dl-to")
    section = card(4, "Next times", body, html.H3("To", className="dl-h"), to, *([html.H3("Conditions", className="dl-h"), html.Ul([html.Li(each) for each in said], className="dl-to")] if said else []),
                sub=definition.rhythm.words if definition else None, name="dl-times")
    table = Table((Column("Time"), Column("Note")), tuple((words.due(each.at, definition), each.note) for each in due)) if definition and due and not schedule.is_paused and not schedule.broken else None
    return with_files(section, Block("next-times", f"Next times of {schedule.name}", f"{definition.rhythm.words}." if definition else "", None, table, " ".join([f"To {', '.join(names)}.", *said])))


def log_card(schedule: Schedule, runs: Sequence[Mapping[str, Any]], desk: Desk) -> html.Section:
    """Return the newest runs, the newest one open."""
    if not runs:
        return card(8, f"Log of {schedule.name}", empty("Send a test to yourself, or wait for its first time.", title="Nothing was sent yet", symbol="clock"), name="dl-log")
    section = card(8, f"Log of {schedule.name}", *[_run(run, schedule, desk, is_open=number == 0) for number, run in enumerate(runs)], sub="Every recipient with what they were sent; the numbers are the SHA-256 of it", name="dl-log")
    columns = (Column("Run"), Column("State of the run"), Column("Recipient"), Column("Address"), Column("State"), Column("Sent"), Column("Attempts"), Column("Why not"), Column("SHA-256"))
    rows = [(words.when(run, words.definition_of(schedule)), words.STATES[run["state"]][0], mail["name"], mail["address"], words.MAIL_STATES[mail["state"]][0], mail["ended_at"] if mail["state"] == "sent" else None, mail["attempts"], mail["error"] or "", mail["sha256"] or "")
            for run in runs for mail in run["mails"]]
    return with_files(section, Block("log", f"Log of {schedule.name}", "", None, Table(columns, tuple(rows))))


def _run(run: Mapping[str, Any], schedule: Schedule, desk: Desk, *, is_open: bool) -> html.Details:
    kind = words.RUN_KINDS[run["kind"]] + (f" {run['actor'] or 'somebody'}" if run["kind"] != "due" else "")
    head = html.Summary([state_tag(run["state"]), html.B(words.when(run, words.definition_of(schedule))), html.Span(kind, className="dl-quiet"), html.Span(run["words"], className="dl-words")])
    lines = [_mail(mail, desk) for mail in run["mails"]]
    table = html.Table([html.Thead(html.Tr([html.Th("Recipient"), html.Th("State"), html.Th("SHA-256", className="x-s"), html.Th("")])), html.Tbody(lines)], className="tb") if lines else html.P("It had no recipients.", className="dl-quiet")
    return html.Details([head, table], className="dl-run", open=is_open)


def _mail(mail: Mapping[str, Any], desk: Desk) -> html.Tr:
    is_notice = str(mail["recipient"]).startswith("owner:")
    why = mail["error"] or (mail["copy_words"] if mail["state"] == "waiting" else "")
    sent = f"{mail['ended_at'].astimezone(desk.zone):%-d %b, %H:%M:%S}" if mail["state"] == "sent" else ""
    again = f"{mail['attempts']} attempts" if mail["attempts"] > 1 else ""
    state = html.Td([state_tag(mail["state"], mail=True), html.Small(" · ".join(part for part in (sent, again, why) if part))], className="al-said")
    name = html.Td([html.B(mail["name"]), html.Small("Told that it was not sent" if is_notice else mail["address"])], className="al-said")
    digest = html.Td(html.Code(mail["sha256"][:12], title=mail["sha256"]) if mail["sha256"] else "", className="x-s")
    return html.Tr([name, state, digest, html.Td(_archive(mail, desk))])


def _archive(mail: Mapping[str, Any], desk: Desk) -> list[Component]:
    """Links to what was sent, as long as it is kept and lies within what the reader of this page may see."""
    if mail["copy_id"] is None or mail["copy_state"] != "ready" or not covers(desk.visit.scope, scope_from(mail["scope"])):
        return []
    found: list[Component] = [html.A("As sent", href=f"/deliveries/archive/{mail['copy_id']}", className="ib")]
    found += [html.A(each["name"].rsplit(".", 1)[-1].upper(), href=f"/deliveries/archive/{mail['copy_id']}/{each['number']}", className="ib", title=f"{each['name']}, SHA-256 {each['sha256']}", download="") for each in mail["files"]]
    return [html.Div(found, className="al-tools no-print")]
