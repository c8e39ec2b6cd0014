"""One's own files at ``/account/files``: what is being made, what can be fetched and until when, and what was not made and why."""

from flask import Blueprint, flash, redirect
from werkzeug.wrappers import Response

from shared.reports.kinds import KINDS
from shared.warehouse.export_orders import end_order, find_order, orders_of
from shared.web.export_pages import words_of
from shared.web.replies import page
from shared.web.site import current_person, site
from shared.web.tokens_of_forms import check_form

file_pages = Blueprint("files", __name__, url_prefix="/account/files")
_MOST = 200
_LARGEST_ID = 2**31


@file_pages.get("")
def show_files() -> Response:
    """Show one's own orders on this site, newest first; the page looks again by itself while one is being made."""
    found = orders_of(site().engines, current_person().id, site().name, _MOST)
    return page("files.html", files=found, words=words_of, kinds=KINDS, days=site().settings.export_days, is_waiting=any(each.is_open for each in found))


@file_pages.post("/<int:number>/end")
def end_file(number: int) -> Response:
    """Cancel an order or remove a file."""
    check_form()
    person, name = current_person().id, site().name
    found = find_order(site().engines, number, person, name) if number < _LARGEST_ID else None
    if found is None or not end_order(site().engines, number, person, name):
        flash("That file was gone already.")
    else:
        flash(f"{found.file_name} {'was cancelled' if found.is_open else 'was removed'}.")
    return redirect("/account/files", 303)
