"""The mail of one reader: made of the copy of their scope, the schedule's own words and the way out of it; the same for every attempt."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from shared.delivery.definition import Definition
from shared.delivery.sources import place_of
from shared.delivery.stopping import stop_link
from shared.delivery.template import filled
from shared.mail import Attachment, Letter, domain_of
from shared.settings import Settings


def letter(row: Mapping[str, Any], definition: Definition, files: Sequence[Attachment], sender: str, settings: Settings) -> Letter:
    """Return the mail of ``row`` (shared/warehouse/delivery_outbox.py), which holds its reader and what was made for them."""
    values = _values(row, definition, sender, settings)
    link, site = stop_link(settings, row["delivery_id"], row["recipient"]), settings.bi_public_url.rstrip("/") or f"http://localhost:{settings.bi_port}"
    place = f"{site}{place_of(definition.subject)}"
    greeting, test = filled(definition.message, values), row["kind"] == "test"
    because = f"You asked for this test of “{row['name']}”." if test else f"You get this because {sender} scheduled “{row['name']}” for you."
    carried = f"Attached: {', '.join(each.name for each in files)}" if files else ""
    plain = "\n\n".join(part for part in (greeting, row["copy_plain"], carried, f"{because}\nOpen it on the site: {place}\nNo more of it: {link}") if part)
    paragraphs = "".join(f'<p style="margin:0 0 12px">{escape(part).replace(chr(10), "<br>")}</p>' for part in greeting.split("\n\n"))
    html = (f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light"></head><body style="margin:0;background:#f5f6f8;font:14px/1.5 -apple-system,Segoe UI,Roboto,sans-serif;color:#101828"><div style="max-width:760px;margin:0 auto;padding:24px 16px">'
            f"{paragraphs}{row['copy_html']}{f'<p>{escape(carried)}</p>' if carried else ''}"
            f'<p style="color:#667085;font-size:12px;border-top:1px solid #e4e7ec;padding-top:12px;margin-top:20px">{escape(because)} <a href="{escape(place)}" style="color:#2a52d6">Open it on the site</a> · '
            f'<a href="{escape(link)}" style="color:#2a52d6">No more of it</a></p></div></body></html>')
    subject = " ".join(filled(definition.title, values).split())[:200]
    return Letter(row["address"], f"[Test] {subject}" if test else subject, plain, html, row["created_at"], identity(row), headers_of(row, link, settings), files)


def notice(row: Mapping[str, Any]) -> Letter:
    """Return the mail that tells an owner of a failure; its text was fixed when it was written."""
    return Letter(row["address"], row["subject"], row["plain"], row["html"], row["created_at"], identity(row))


def identity(row: Mapping[str, Any]) -> str:
    """Return the left half of the Message-ID: of this line of the outbox, and of no other database's."""
    created: datetime = row["created_at"]
    return f"delivery-{row['mail_id']}-{int(created.timestamp() * 1000)}"


def headers_of(row: Mapping[str, Any], link: str, settings: Settings) -> dict[str, str]:
    """Return what lets mail programs show a button for it (RFC 2369, RFC 2919, RFC 8058)."""
    return {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click", "List-Id": f"<delivery-{row['delivery_id']}.{domain_of(settings)}>"}


def _values(row: Mapping[str, Any], definition: Definition, sender: str, settings: Settings) -> dict[str, str]:
    due: datetime = row["due_at"]
    as_of: datetime = row["as_of"]
    return {"name": row["reader"], "sender": sender, "company": settings.company_name, "title": row["title"], "about": row["about"],
            "as_of": f"{as_of.astimezone(ZoneInfo(settings.company_time_zone)):%-d %b %Y, %H:%M}", "date": f"{due.astimezone(ZoneInfo(definition.zone)):%-d %b %Y}"}
