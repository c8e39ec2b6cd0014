"""All rows behind a number as a file: the glass box shows a page of them, a file holds them all."""

from collections.abc import Mapping

from dash import html

from bi_app.executive.plan import wanted_of
from bi_app.shell.parts import icon
from bi_app.site import Site
from shared.clock import now
from shared.metrics.scope import Scope
from shared.people.person import Person
from shared.reports.kinds import KINDS
from shared.reports.rows_file import KINDS_OF_ROWS, RowsFile
from shared.web.export_pages import FindRows


def rows_menu(code: str, part: int) -> html.Details:
    """Return the menu of what all rows behind part ``part`` of the number called ``code`` can be had as."""
    items = [html.Button([icon("download"), f"All rows as {KINDS[kind].label}"], className="item", type="button", role="menuitem", **{"data-do": "export", "data-kind": kind, "data-rows": code, "data-part": str(part)}) for kind in KINDS_OF_ROWS]
    summary = html.Summary([icon("download"), "All rows"], className="button", title="Save all rows behind this number", **{"aria-label": "Save all rows behind this number"})
    return html.Details([summary, html.Div(items, className="pop-in", role="menu")], className="pop export no-print glass-files")


def rows_finder(app: Site) -> FindRows:
    """Return what turns the name of a number on a page into the question for its rows."""

    def find(path: str, query: Mapping[str, str], person: Person, scope: Scope, code: str, part: int) -> tuple[RowsFile, int | None] | None:
        if app.page_at(path) is None:
            return None
        visit, sources = app.visit(path, query, person=person, scope=scope), app.sources
        wanted = wanted_of(code, visit, sources.settings.fiscal_year_start_month)
        behind = sources.glass.behind(wanted, scope, part)
        declared = behind.declared
        names = {branch.id: branch.name for branch in visit.branches}
        about = [("Metric", f"{declared.label}: {declared.meaning}"), ("Formula", str(declared.formula)), ("Part", behind.part_name), ("Days", f"{wanted.period.words}, counted on {declared.date}"),
                 ("Branches", ", ".join(names.get(branch, "the company") for branch in behind.branches) if behind.branches != (0,) else "The company"), *((name.capitalize(), ", ".join(keys)) for name, keys in behind.where), ("Ordered by", person.name)]
        title = f"Rows behind {declared.label}, {wanted.period.words}"
        return RowsFile(title, about, visit.company, now(), behind), sources.glass.count(behind)

    return find
