"""The demo's mailbox: the mails that its own mail server keeps, so that a newcomer sees them arrive.  Only in demo mode; everybody sees the mails to themselves, administrators every one."""

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, abort, request

from shared.web.replies import page, save_as
from shared.web.site import current_person, site

mailbox_pages = Blueprint("mailbox", __name__, url_prefix="/mailbox")
_NAME: Final = re.compile(r"[0-9a-f]{24}")
_MOST: Final = 200
_NOTHING: Final = "This mail does not exist any more, or is not yours."


@dataclass(frozen=True)
class Mail:
    """One kept mail."""

    key: str
    message: EmailMessage
    at: datetime | None

    @property
    def to(self) -> str:
        """The addresses that it went to."""
        return str(self.message["To"] or "")

    @property
    def subject(self) -> str:
        """Its subject."""
        return str(self.message["Subject"] or "(no subject)")

    @property
    def files(self) -> list[EmailMessage]:
        """Its attachments."""
        return [part for part in self.message.iter_attachments() if isinstance(part, EmailMessage)]

    def text(self, kind: str) -> str:
        """Its ``plain`` or ``html`` text; empty: it has none."""
        part = self.message.get_body(preferencelist=(kind,))
        return str(part.get_content()) if part is not None else ""


@mailbox_pages.get("")
def show_list() -> Response:
    """List the newest mails, and show one."""
    found = [mail for mail in _mails() if _is_for_me(mail)][:_MOST]
    chosen = request.args.get("mail", "")
    shown = next((mail for mail in found if mail.key == chosen), found[0] if found and not chosen else None)
    if chosen and shown is None:
        abort(404, _NOTHING)
    return page("mailbox.html", mails=found, shown=shown, everybody=current_person().rules.manages_people, as_text=request.args.get("as") == "text", chosen=bool(chosen))


@mailbox_pages.get("/<key>/<int:number>")
def fetch(key: str, number: int) -> Response:
    """Send an attachment."""
    mail = _read(_folder() / f"{key}.eml") if _NAME.fullmatch(key) else None
    if mail is None or not _is_for_me(mail) or number >= len(mail.files):
        abort(404, _NOTHING)
    part = mail.files[number]
    content = part.get_payload(decode=True)
    answer = Response(content if isinstance(content, bytes) else b"", mimetype="application/octet-stream")
    save_as(answer, part.get_filename() or "file")
    return answer


def has_mailbox() -> bool:
    """Say whether this site shows the demo's mails."""
    return site().settings.demo_mode and bool(site().settings.mail_folder)


def _folder() -> Path:
    if not has_mailbox():
        abort(404)
    return Path(site().settings.mail_folder)


def _mails() -> Iterator[Mail]:
    kept = sorted(_folder().glob("*.eml"), key=lambda path: path.stat().st_mtime, reverse=True)
    yield from (mail for path in kept if (mail := _read(path)) is not None)


def _read(path: Path) -> Mail | None:
    try:
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    except FileNotFoundError:  # the mail server removes old ones
        return None
    at = parsedate_to_datetime(str(message["Date"])) if message["Date"] else None
    return Mail(path.stem, message, at) if isinstance(message, EmailMessage) else None


def _is_for_me(mail: Mail) -> bool:
    person = current_person()
    return person.rules.manages_people or person.email in {address.lower() for _, address in getaddresses([mail.to])}
