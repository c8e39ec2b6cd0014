"""Custom reports: the library at ``/reports``, a report at ``/reports/<number>``, its editor below that."""

from bi_app.page import Page
from bi_app.reports.editor import editor_page
from bi_app.reports.frozen import frozen_document, frozen_page, register_freeze
from bi_app.reports.library import TITLE, library_page
from bi_app.reports.preview import register_preview
from bi_app.reports.reading import COMPARE, ONLY, name_of, period_of
from bi_app.reports.viewer import report_document, viewer_page

LIBRARY = Page("/reports", TITLE, "report", library_page, group="Analysis", has_figures=False, choices=("show",))
VIEWER = Page("/reports/<number>", "Report", "report", viewer_page, choices=(ONLY, COMPARE), register=register_freeze, period=period_of, document=report_document, on_schedule=(("", "Report"),), named=name_of, below="/reports")
EDITOR = Page("/reports/<number>/edit", "Edit report", "report", editor_page, register=register_preview, period=period_of, named=lambda path: f"Edit {name_of(path)}", below="/reports")
FROZEN = Page("/reports/frozen/<token>", "Frozen report", "report", frozen_page, document=frozen_document, below="/reports")
PAGES = (LIBRARY, VIEWER, EDITOR, FROZEN)
