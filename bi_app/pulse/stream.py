"""What happens, as it happens: a list and two figures of the last hour, all filled by pulse.js from the messages of the chosen branches."""

import orjson
from dash import dcc, html

from bi_app.shell.parts import card, icon, key
from bi_app.visit import Visit
from shared.charts.palette import themed
from shared.charts.pulse import KINDS, last_hour, sold_so_far
from shared.charts.template import CONFIG, Figure
from shared.live.topic import event_topics

_REWIND = 200
"""Messages of each branch that are asked for when the page is opened."""
_HEIGHT = 190
_LABELS = {"sold": "Sold", "set": "Set", "installed": "Installed", "ticket": "Ticket", "rescinded": "Rescinded"}


def stream_card(visit: Visit) -> html.Section:
    """Return the list; empty until the first message, which says so."""
    topics = " ".join(event_topics(frozenset(branch.id for branch in visit.chosen)))
    waiting = html.Div([icon("live"), html.B("Quiet so far"), html.Span("A sale, an appointment, a finished job or a ticket appears here the moment it is committed.")], className="empty")
    return card(4, "As it happens", html.Ol(id="pulse-feed", className="feed", **{"data-live": topics, "data-rewind": str(_REWIND), "aria-live": "polite"}), waiting,
                sub=visit.branch_words, name="pulse-stream")


def minutes_card(visit: Visit) -> html.Section:
    """Return the figure of events per minute."""
    return card(8, "The last hour, minute by minute", _graph(visit, "pulse-minutes", last_hour(_HEIGHT)), sub=html.Span([key(_LABELS[kind], colour, "dot") for kind, colour in KINDS.items()], className="keys"), name="pulse-hour")


def sold_card(visit: Visit) -> html.Section:
    """Return the figure of dollars sold in the last hour, adding up."""
    return card(4, "Sold in the last hour", _graph(visit, "pulse-sold", sold_so_far(_HEIGHT)), sub="Contracts as they are entered, adding up", name="pulse-dollars")


def _graph(visit: Visit, name: str, figure: Figure) -> dcc.Graph:
    drawn = orjson.loads(themed(orjson.dumps(figure).decode(), "dark" if visit.theme == "dark" else "light"))
    return dcc.Graph(id=name, figure=drawn, config=CONFIG, style={"height": f"{_HEIGHT}px"}, className="chart")
