"""Scheduled delivery at ``/reports/schedules``: what goes out when to whom, what went out, and what did not."""

from datetime import timedelta
from zoneinfo import ZoneInfo

from dash import html
from dash.development.base_component import Component

from bi_app.deliveries import words
from bi_app.deliveries.log import log_card, next_card
from bi_app.deliveries.schedules import Desk, facts, schedules_card
from bi_app.page import Page
from bi_app.shell.parts import drawn
from bi_app.shell.topbar import topbar
from bi_app.sources import Sources
from bi_app.visit import Visit
from shared.clock import now
from shared.delivery.audience import may_manage
from shared.delivery.business_days import read_business_days
from shared.delivery.timing import next_due
from shared.people.accounts import list_people
from shared.warehouse.delivery_reads import last_runs, missing, runs_of, sent_since, stopped_by
from shared.warehouse.delivery_store import Schedule, load_schedules
from shared.web.delivery_pages import caretaker
from shared.web.site import site

TITLE = "Deliveries"


def layout(visit: Visit, sources: Sources) -> Component:
    """Return the schedules that the person may see, and of the chosen one its next times and its log."""
    def draw() -> Component:
        engines, moment = site().engines, now()
        people = {one.id: one for one in list_people(engines)}
        desk = Desk(visit, people, caretaker().sources, sources.settings, ZoneInfo(sources.settings.company_time_zone), moment)
        rows = [each for each in load_schedules(engines) if may_manage(visit.person, each.owner_id)]
        chosen = next((each for each in rows if str(each.id) == visit.filters.choice("schedule", "")), rows[0] if rows else None)
        numbers = [each.id for each in rows]
        return html.Div([*_banners(desk, visit), *([facts(rows, sent_since(engines, numbers, moment - timedelta(days=7)), desk)] if rows else []), schedules_card(rows, last_runs(engines, numbers), stopped_by(engines, numbers), desk, chosen.id if chosen else None),
                         *(_chosen(chosen, desk) if chosen else [])], className="grid deliveries")

    return html.Div([topbar(TITLE, visit, "", None, periods=False, files=True), drawn(12, TITLE, draw)], **{"data-still": ""})


def _chosen(schedule: Schedule, desk: Desk) -> list[Component]:
    engines, definition = site().engines, words.definition_of(schedule)
    due = next_due(definition.rhythm, desk.moment, read_business_days(engines), 5) if definition else []
    return [log_card(schedule, runs_of(engines, schedule.id), desk), next_card(schedule, due, desk)]


def _banners(desk: Desk, visit: Visit) -> list[Component]:
    """What should have gone out and did not, and whether anything can go out at all."""
    found: list[Component] = []
    if not desk.settings.smtp_url.get_secret_value():
        found.append(html.Div("No mail server is set (SMTP_URL), so nothing goes out. What is due waits.", className="banner bad s12", role="alert"))
    for each in missing(site().engines, desk.moment):
        if may_manage(visit.person, each["owner_id"]):
            at = f", due {each['due_at'].astimezone(desk.zone):%-d %b, %H:%M}" if each["due_at"] else ""
            found.append(html.Div([html.B(f"{each['name']}{at}: "), each["words"]], className="banner bad s12", role="alert"))
    return found


PAGE = Page("/reports/schedules", TITLE, "calendar", layout, group="Analysis", has_figures=False, choices=("schedule",))
