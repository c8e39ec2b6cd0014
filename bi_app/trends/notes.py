"""What happened, in people's words: the list, and a small form for those who may write."""

from collections.abc import Sequence

from dash import dcc, html

from bi_app.shell.files import with_files
from bi_app.shell.parts import card, icon
from bi_app.visit import Visit
from shared.reports.document import Block, Column, Table
from shared.warehouse.annotations import Annotation
from shared.web.annotation_pages import WRITERS, may_remove

TITLE = "What happened"
KIND_LABELS = {"storm": "Storm", "price": "Price", "promotion": "Promotion", "other": "Other"}
_MOST = 12


def notes_card(visit: Visit, notes: Sequence[Annotation]) -> html.Section:
    """Return the annotations in view, the newest first, and the form."""
    names = {branch.id: branch.name for branch in visit.branches}
    rows = [html.Li([
        html.Span(KIND_LABELS.get(note.kind, note.kind), className=f"tr-kind {note.kind}"), html.Div([html.B(note.text), html.Small(_about(note, names))]),
        html.Button(icon("close"), className="ib icon", type="button", title="Remove this annotation", **{"data-do": "unannotate", "data-number": str(note.id), "aria-label": f"Remove {note.text}"}) if may_remove(visit.person, note.who_id) else None,
    ]) for note in sorted(notes, key=lambda each: each.first, reverse=True)[:_MOST]]
    none = html.P("Nothing is written down for the days in view.", className="note", hidden=bool(rows))
    body = [html.Ul(rows, className="tr-notes"), none, html.Div(className="problem", role="alert"), _form(visit) if visit.person.role in WRITERS else html.P("Leadership, analysts and administrators add annotations.", className="note")]
    section = card(12, TITLE, *body, sub="Storms, prices and promotions are drawn into the line; Options leaves their days out of what is usual", name="tr-happened")
    if not notes:
        return section
    table = Table((Column("From"), Column("To"), Column("Kind"), Column("Where"), Column("What happened"), Column("By")),
                  tuple((note.first, note.last, KIND_LABELS.get(note.kind, note.kind), _where(note, names), note.text, note.who or "") for note in sorted(notes, key=lambda each: each.first, reverse=True)))
    return with_files(section, Block("happened", TITLE, "", None, table))


def _where(note: Annotation, names: dict[int, str]) -> str:
    return "every branch" if note.branch is None else names.get(note.branch, f"branch {note.branch}")


def _about(note: Annotation, names: dict[int, str]) -> str:
    days = f"{note.first.day} {note.first:%b %Y}" + (f" to {note.last.day} {note.last:%b %Y}" if note.last != note.first else "")
    return f"{days} · {_where(note, names)}" + (f" · {note.who}" if note.who else "")


def _form(visit: Visit) -> html.Details:
    day = visit.today.isoformat()
    wheres = [*([html.Option("Every branch", value="")] if visit.scope.is_company else []), *(html.Option(branch.name, value=str(branch.id)) for branch in visit.branches)]
    fields = html.Div([
        html.Label(["From", dcc.Input(type="date", name="first", value=day)]), html.Label(["To", dcc.Input(type="date", name="last", value=day)]),
        html.Label(["Kind", html.Select([html.Option(label, value=kind) for kind, label in KIND_LABELS.items()], name="kind")]), html.Label(["Where", html.Select(wheres, name="branch")]),
        html.Label(["What happened", dcc.Input(type="text", name="text")], className="wide"), html.Button([icon("plus"), html.Span("Add")], className="button primary", type="button", **{"data-do": "annotate"}),
    ], className="tr-form", role="group", **{"aria-label": "Add an annotation"})
    return html.Details([html.Summary([icon("plus"), "Add an annotation"], className="button"), fields], className="tr-add no-print")
