"""Mails: a digest of warnings as plain text and HTML."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any, Final
from zoneinfo import ZoneInfo

from shared.mail import Letter
from shared.people.person import Person
from shared.settings import Settings

_VERBS: Final = {"fired": "Warning", "reminded": "Still open", "resolved": "Over", "nodata": "No data", "error": "Cannot be evaluated", "recovered": "Evaluated again", "returned": "Data again"}
_COLOURS: Final = {"fired": "#b42318", "reminded": "#b54708", "resolved": "#067647"}
Line = Mapping[str, Any]


def written(person: Person, lines: Sequence[Line], settings: Settings) -> dict[str, str]:
    """Return address, subject, plain and html of the mail that tells ``lines``; raises ValueError where there is nothing to tell: no empty mail goes out."""
    if not lines:
        raise ValueError("there is nothing to tell")
    zone = ZoneInfo(settings.company_time_zone)
    new = sum(line["kind"] in {"fired", "reminded"} for line in lines)
    subject = lines[0]["title"] if len(lines) == 1 else f"{new} warnings, {len(lines)} changes" if new else f"{len(lines)} warnings have moved on"
    if any(line["severity"] == "critical" and line["kind"] == "fired" for line in lines):
        subject = f"Critical: {subject}"
    link = settings.bi_public_url.rstrip("/") or f"http://localhost:{settings.bi_port}"
    plain = [f"Hello {person.name},", "", *(text for line in lines for text in (f"{_verb(line)}: {line['title']} ({_moment(line['at'], zone)})", f"  {line['words']}", "")),
             f"Acknowledge and read more: {link}/alerts", "", f"{settings.company_name} sends one such mail in {settings.alert_digest_minutes} minutes at most; critical warnings come at once."]
    rows = "".join(_row(line, zone) for line in lines)
    html = (f'<!doctype html><html lang="en"><body style="margin:0;background:#f5f6f8;font:14px/1.5 -apple-system,Segoe UI,sans-serif;color:#101828"><div style="max-width:620px;margin:0 auto;padding:24px">'
            f'<p>Hello {escape(person.name)},</p><table role="presentation" style="width:100%;border-collapse:separate;border-spacing:0 8px">{rows}</table>'
            f'<p><a href="{escape(link)}/alerts" style="color:#2a52d6">Acknowledge and read more</a></p><p style="color:#667085;font-size:12px">{escape(plain[-1])}</p></div></body></html>')
    return {"address": person.email, "subject": " ".join(subject.split())[:150], "plain": "\n".join(plain), "html": html}


def _verb(line: Line) -> str:
    return _VERBS.get(str(line["kind"]), "Changed")


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%d %b %Y, %H:%M}"


def _row(line: Line, zone: ZoneInfo) -> str:
    colour = _COLOURS.get(str(line["kind"]), "#475467")
    return (f'<tr><td style="background:#fff;border:1px solid #e4e7ec;border-left:4px solid {colour};border-radius:8px;padding:12px 16px"><b style="color:{colour}">{escape(_verb(line))}</b> '
            f'<b>{escape(str(line["title"]))}</b><br>{escape(str(line["words"]))}<br><span style="color:#667085;font-size:12px">{_moment(line["at"], zone)}</span></td></tr>')


def letter(digest: Mapping[str, Any]) -> Letter:
    """Return the mail of a digest: the same for every attempt."""
    return Letter(digest["address"], digest["subject"], digest["plain"], digest["html"], digest["created_at"], f"warnings-{digest['id']}-{int(digest['created_at'].timestamp() * 1000)}")
