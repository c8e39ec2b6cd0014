"""Mails on their way out: what every mail of the platform carries, and the server of SMTP_URL that takes them.  Warnings and deliveries both send by it."""

import logging
import smtplib
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Final
from urllib.parse import unquote, urlsplit

from shared.settings import Settings

log = logging.getLogger(__name__)
MOST_AT_ONCE: Final = 50
"""Mails of one connection; many servers take no more."""
SECONDS: Final = 15
"""A mail server that is silent for so long has failed."""
FAILURES: Final = (smtplib.SMTPException, OSError, ValueError)
"""What sending may raise: the server refused, was not reached, or the mail cannot be written."""


@dataclass(frozen=True)
class Attachment:
    """One file of a mail."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class Letter:
    """What a mail says and to whom; equal letters become equal mails."""

    address: str
    subject: str
    plain: str
    html: str
    written_at: datetime
    identity: str
    """Left half of the Message-ID: the same for every attempt, so that whoever took the mail before knows it again."""
    headers: Mapping[str, str] = field(default_factory=dict)
    attachments: Sequence[Attachment] = ()


def domain_of(settings: Settings) -> str:
    """Return the domain that mails come from."""
    return parseaddr(settings.mail_from)[1].rpartition("@")[2] or "localhost"


def message(letter: Letter, settings: Settings) -> EmailMessage:
    """Return the mail of ``letter``, the same for every attempt.  Raises ValueError where an address or a header cannot stand in a mail."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = settings.mail_from, letter.address, " ".join(letter.subject.split())
    mail["Date"] = format_datetime(letter.written_at)
    mail["Message-ID"] = f"<{letter.identity}@{domain_of(settings)}>"
    mail["Auto-Submitted"] = "auto-generated"
    for name, value in letter.headers.items():
        mail[name] = value
    mail.set_content(letter.plain)
    mail.add_alternative(letter.html, subtype="html")
    for each in letter.attachments:
        kind, _, subtype = each.media_type.partition("/")
        mail.add_attachment(each.content, maintype=kind, subtype=subtype, filename=each.name)
    return _bounded(mail, letter)


def _bounded(mail: EmailMessage, letter: Letter) -> EmailMessage:
    """Part boundaries are random in the standard library; here they follow from the letter, so that a second attempt sends the same bytes."""
    for number, part in enumerate(part for part in mail.walk() if part.is_multipart()):
        part.set_boundary(f"=_{number}_{letter.identity}"[:70])
    return mail


class Post:
    """A way to the server of SMTP_URL: connected when the first mail goes, anew after a failure."""

    def __init__(self, settings: Settings) -> None:
        """Connect to nothing yet."""
        self._settings, self._taken = settings, 0
        self.is_away = False
        """Whether the server did not answer, rather than refuse a mail: the next one would wait in vain."""
        self._server: smtplib.SMTP | None = None

    def send(self, mail: EmailMessage) -> None:
        """Hand a mail to the server.  Raises one of FAILURES where it was not taken."""
        try:
            if self._server is None or self._taken >= MOST_AT_ONCE:
                self.close()
                self._server, self._taken = _connected(self._settings), 0
            self._server.send_message(mail)
            self._taken += 1
        except FAILURES as error:
            self.is_away = _is_away(error)
            if self._server is not None:
                self._server.close()
            self._server = None
            raise

    def close(self) -> None:
        """Take leave of the server."""
        server, self._server = self._server, None
        if server is not None:
            try:
                server.quit()
            except FAILURES as error:
                server.close()
                log.debug("the mail server ended the conversation first: %s", error)


@contextmanager
def post(settings: Settings) -> Iterator[Post]:
    """Yield a way to the server, closed at the end."""
    way = Post(settings)
    try:
        yield way
    finally:
        way.close()


def send(mail: EmailMessage, settings: Settings) -> None:
    """Hand one mail to the server of SMTP_URL.  Raises one of FAILURES where it was not taken."""
    with post(settings) as way:
        way.send(mail)


def is_final(error: Exception) -> bool:
    """Say whether trying again is of no use: a server that refuses for good (5xx) will refuse again, and a mail that cannot be written stays so."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPDataError | smtplib.SMTPSenderRefused):
        return error.smtp_code >= 500
    return isinstance(error, ValueError) and not isinstance(error, OSError)  # a certificate that is not trusted is both, and can be put right


def _is_away(error: Exception) -> bool:
    if isinstance(error, smtplib.SMTPResponseException):
        return isinstance(error, smtplib.SMTPConnectError | smtplib.SMTPAuthenticationError | smtplib.SMTPHeloError) or error.smtp_code == 421
    return isinstance(error, OSError) and not isinstance(error, smtplib.SMTPRecipientsRefused)


def reason(error: Exception) -> str:
    """Return what went wrong with a mail (one of FAILURES), in a sentence for people."""
    words = _words(error)
    return f"{words[:1].upper()}{words[1:].rstrip('.')}."


def _words(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate of the mail server is not trusted ({error.verify_message}); SMTP_CA_FILE can name its authority"
    if isinstance(error, ssl.SSLError):
        return f"no secure connection to the mail server came about ({error.reason or error})"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return "; ".join(f"the mail server refused {address}: {code} {_plain(text)}" for address, (code, text) in error.recipients.items())
    if isinstance(error, smtplib.SMTPResponseException):
        return f"the mail server refused: {error.smtp_code} {_plain(error.smtp_error)}"
    if isinstance(error, TimeoutError) or (isinstance(error, smtplib.SMTPServerDisconnected) and "timed out" in str(error)):
        return f"the mail server was silent for {SECONDS} seconds"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return f"the mail server ended the conversation ({error})"
    return f"the mail server was not reached ({error})" if isinstance(error, OSError) else str(error)


def _plain(text: bytes | str) -> str:
    return " ".join((text.decode(errors="replace") if isinstance(text, bytes) else text).split())


def _connected(settings: Settings) -> smtplib.SMTP:
    """Connect as SMTP_URL says; certificates and host names are checked."""
    url = urlsplit(settings.smtp_url.get_secret_value())
    host, secure = url.hostname or "localhost", ssl.create_default_context()
    if settings.smtp_ca_file:
        secure.load_verify_locations(settings.smtp_ca_file)
    server = smtplib.SMTP_SSL(host, url.port or 465, timeout=SECONDS, context=secure) if url.scheme == "smtps" else smtplib.SMTP(host, url.port or 25, timeout=SECONDS)
    try:
        if url.scheme == "smtp+starttls":
            server.starttls(context=secure)
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
    except BaseException:
        server.close()
        raise
    return server
