"""What a page asks its site for, to be live: a ticket for the gateway, the numbers while no socket is open, and who is looking (administrators)."""

import json
from collections.abc import Sequence

import redis
from flask import Blueprint, Response, current_app, g, jsonify, request

from shared.breaker import Breaker
from shared.clock import now, today
from shared.live import reading
from shared.live.control import close_connections, live_redis
from shared.live.ticket import LIFETIME_SECONDS, LONGEST_PATH, Tickets
from shared.live.topic import Topic, TopicError, parse
from shared.settings import Settings
from shared.web.replies import refusal
from shared.web.site import current_person, site, url_of_gateway

LIVE = "northline-live"
_MOST_TOPICS = 100
live_pages = Blueprint("live", __name__, url_prefix="/live")


class Live:
    """What one process of a site has for live pages: tickets, and connections to Redis that nobody waits for long."""

    def __init__(self, settings: Settings) -> None:
        """Connect lazily: connections do not survive gunicorn's fork."""
        self.tickets = Tickets(settings)
        self.redis = live_redis(settings)
        self.breaker = Breaker("Redis (live messages)", self.redis.ping, (redis.exceptions.RedisError, OSError))


def live() -> Live:
    """Return what the site that answers the current request has for live pages."""
    found: Live = current_app.extensions[LIVE]
    return found


def end_live_connections(person: int, *, rights_changed: bool) -> None:
    """Close the live connections of ``person``: their rights changed, or a session of theirs ended.  Best effort, logged."""
    close_connections(live().redis, person, rights_changed=rights_changed)


@live_pages.post("/ticket")
def ticket() -> Response:
    """Give the page at ``path`` (of the JSON body) what it opens its WebSocket with."""
    asked = request.get_json(silent=True)
    path = asked.get("path") if isinstance(asked, dict) else None
    if not isinstance(path, str) or not path.startswith("/") or len(path) > LONGEST_PATH:
        return refusal(400, 'Send {"path": "/..."}: the page that wants to be live.')
    person, address = current_person(), url_of_gateway()
    if not person.may_open("/" + "/".join(part for part in path.split("/") if part)):
        return refusal(403, f"The role {person.rules.label} does not open {path}.")
    if address is None:
        return refusal(400, "The host of this request is not a name or an address.")
    return jsonify(url=address, ticket=live().tickets.issue(person, site().name, path), expires=int(now().timestamp()) + LIFETIME_SECONDS)


@live_pages.get("/poll")
def poll() -> Response:
    """Return a frame like the gateway's ``msgs`` for ``topic`` (repeated); ``seq`` (as many) and ``epoch`` say what the page has; ``rewind`` as there."""
    texts = list(dict.fromkeys(request.args.getlist("topic")))
    if not 0 < len(texts) <= _MOST_TOPICS:
        return refusal(400, f"Ask for 1 to {_MOST_TOPICS} topics: /live/poll?topic=...&topic=...")
    seqs, rewind = _seqs(texts), request.args.get("rewind", 0, type=int)
    if seqs is None:
        return refusal(400, "Give one seq for each topic, in the same order, or none; an empty one where the page has no message yet.")
    topics, refused = _open_topics(texts)
    here = live()
    if not here.breaker.is_closed:
        return _away()
    try:
        reading.want(here.redis, topics)
        held = reading.read(here.redis, topics)
    except (redis.exceptions.RedisError, OSError) as error:
        here.breaker.trip(error)
        return _away()
    return _frame(held, topics, seqs, request.args.get("epoch", ""), max(0, min(rewind, reading.KEPT_EVENTS)), refused)


@live_pages.get("/presence")
def presence() -> Response:
    """Tell administrators who is looking at which page."""
    if not current_person().rules.manages_people:
        return refusal(403, "Only administrators see who is looking.")
    here = live()
    if not here.breaker.is_closed:
        return _away()
    try:
        found = reading.present(here.redis)
    except (redis.exceptions.RedisError, OSError) as error:
        here.breaker.trip(error)
        return _away()
    people = [json.loads(one) for one in found]
    return jsonify(people=[{name: one[name] for name in ("page", "person", "name", "since")} for one in sorted(people, key=lambda one: (one["page"], one["name"]))])


def _open_topics(texts: Sequence[str]) -> tuple[list[str], list[dict[str, str]]]:
    """Return the topics that this person may poll, and the others with the reason."""
    settings, person = site().settings, current_person()
    day, found, refused = today(settings.company_time_zone), [], []
    for text in texts:
        try:
            topic: Topic = parse(text, day)
        except TopicError as error:
            refused.append({"topic": text, "why": str(error)})
            continue
        if topic.kind == "presence":
            refused.append({"topic": text, "why": "who is looking is at /live/presence"})
        elif topic.is_open_to(g.scope, is_admin=person.rules.manages_people):
            found.append(text)
        else:
            refused.append({"topic": text, "why": "this is not among what you may see"})
    return found, refused


def _seqs(texts: Sequence[str]) -> dict[str, int | None] | None:
    given = request.args.getlist("seq")
    if not given:
        return dict.fromkeys(texts)
    if len(given) != len(texts) or any(one and not (one.isascii() and one.isdigit() and len(one) < 18) for one in given):
        return None
    return {topic: int(one) if one else None for topic, one in zip(texts, given, strict=True)}


def _frame(held: reading.Snapshot, topics: Sequence[str], seqs: dict[str, int | None], epoch: str, rewind: int, refused: list[dict[str, str]]) -> Response:
    messages: list[bytes] = []
    gone: list[str] = []
    for topic in topics:
        state, after = held.topics[topic], seqs[topic]
        if after is not None and epoch != held.epoch:
            after = -1
        if reading.is_stream(topic):
            later, lost = reading.missed(state, after, rewind)
            messages += later
            gone += [topic] if lost else []
        elif state.message is not None and (after is None or after != state.seq):
            messages.append(state.message)
    told = json.dumps({"v": 1, "op": "msgs", "epoch": held.epoch, "t": round(now().timestamp(), 3), "reset": gone, "refused": refused})
    body = told[:-1].encode() + b', "msgs": [' + b",".join(messages) + b"]}"
    return Response(body, mimetype="application/json")


def _away() -> Response:
    answer = refusal(503, "Live numbers are away at this moment. The page shows the last ones and goes on asking.")
    answer.headers["Retry-After"] = "5"
    return answer


