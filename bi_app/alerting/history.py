"""What has moved on, newest first."""

from collections.abc import Sequence
from typing import Any

from dash import html

from bi_app.alerting import words
from bi_app.alerting.inbox import Now
from bi_app.shell.files import with_files
from bi_app.shell.parts import card, empty, icon
from shared.reports.document import Block, Column, Table


def history_card(events: Sequence[dict[str, Any]], here: Now) -> html.Section:
    """Return the list of transitions and of what people did."""
    if not events:
        return card(12, "History", empty("Every change of a warning stands here, with who did what.", symbol="clock"))
    rows = []
    for each in events:
        label, symbol = words.KINDS[each["kind"]]
        rows.append(html.Tr([html.Td(html.Time(words.moment(each["at"], here.zone, here.moment), dateTime=each["at"].isoformat()), className="al-when"),
                             html.Td(html.Span([icon(symbol), html.Span(label)], className=f"al-kind {each['kind']}")),
                             html.Td([html.B(each["title"]), html.Small(each["words"])], className="al-said"), html.Td(each["actor"] or "Evaluation", className="x-s al-actor")]))
    head = html.Tr([html.Th("When"), html.Th("What"), html.Th("Warning"), html.Th("By", className="x-s")])
    sub = f"The last {len(events)} changes"
    section = card(12, "History", html.Table([html.Thead(head), html.Tbody(rows)], className="tb al-history"), sub=sub)
    columns = (Column("When"), Column("What"), Column("Warning"), Column("In words"), Column("By"))
    table = Table(columns, tuple((each["at"], words.KINDS[each["kind"]][0], each["title"], each["words"], each["actor"] or "Evaluation") for each in events))
    return with_files(section, Block("history", "History", f"{sub}.", None, table))
