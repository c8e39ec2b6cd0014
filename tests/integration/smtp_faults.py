"""A mail server that does what it is told: it takes, hangs, refuses for now or for good, or goes away after it has taken a mail; with a certificate if one is given."""

import ipaddress
import socket
import socketserver
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


class Server(socketserver.ThreadingTCPServer):
    """``mood``: takes, hangs, "421", "drops after DATA", or what it says to mails for one@x.example: "451", "550", "552"; ``taken``: the bytes of every mail that it took, also one that comes again; ``pause``: seconds that it takes for each."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, secure: ssl.SSLContext | None = None, *, starttls: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.mood, self.taken, self.plain_words = "takes", list[bytes](), list[bytes]()
        self.secure, self.starttls, self.pause = secure, starttls, 0.0

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def identities(self) -> list[str]:
        return [str(message_from_bytes(each)["Message-ID"]) for each in self.taken]

    def handle_error(self, *_: Any) -> None:
        """A client that refuses a certificate is what some tests are about."""


class _Talk(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        if self.server.secure is not None and not self.server.starttls:
            self._secure()
        if self.server.mood == "hangs":
            with suppress(OSError):
                self.connection.recv(1)  # until the other side gives up
            return
        if self.server.mood == "421":
            self._say(b"421 too busy")
            return
        self._say(b"220 ready")
        with suppress(OSError):
            while line := self.rfile.readline():
                if not self._answer(line.strip()):
                    return

    def _answer(self, line: bytes) -> bool:
        word, mood = line[:4].upper().strip(), self.server.mood
        if not isinstance(self.connection, ssl.SSLSocket):
            self.server.plain_words.append(line)
        if word == b"EHLO":
            self._say(b"250-here\r\n250 STARTTLS" if self.server.starttls and not isinstance(self.connection, ssl.SSLSocket) else b"250 here")
        elif word == b"STAR" and self.server.starttls:
            self._say(b"220 go on")
            self._secure()
        elif word == b"RCPT" and mood in {"451", "550"} and b"one@" in line:
            self._say(mood.encode() + b" not now or never")
        elif word == b"DATA":
            self._say(b"354 go on")
            content = b"".join(iter(self.rfile.readline, b".\r\n"))
            if mood == "552" and b"To: one@" in content:
                self._say(b"552 too large")
                return True
            time.sleep(self.server.pause)
            self.server.taken.append(content)
            if mood == "drops after DATA":
                return False
            self._say(b"250 taken")
        elif word == b"QUIT":
            self._say(b"221 bye")
            return False
        else:
            self._say(b"250 fine")
        return True

    def finish(self) -> None:
        """Close what was made of the connection."""
        super().finish()
        self.connection.close()

    def _secure(self) -> None:
        assert self.server.secure is not None
        self.connection = self.server.secure.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)  # type: ignore[assignment]

    def _say(self, line: bytes) -> None:
        with suppress(OSError):
            self.wfile.write(line + b"\r\n")


@contextmanager
def smtp(secure: ssl.SSLContext | None = None, *, starttls: bool = False) -> Iterator[Server]:
    """A server in a thread."""
    with Server(secure, starttls=starttls) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join(5)


class Authority:
    """A certificate authority of a test's own: ``file`` holds its certificate, ``certified`` makes servers of a name."""

    def __init__(self, folder: Path, name: str = "Test authority") -> None:
        self._folder, self._key = folder, ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        own = self._builder(self._name, self._key).add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(self._key, hashes.SHA256())
        self.file = folder / f"{name.replace(' ', '-')}.pem"
        self.file.write_bytes(own.public_bytes(serialization.Encoding.PEM))

    def certified(self, host: str = "localhost") -> ssl.SSLContext:
        """Return what a server called ``host`` speaks with."""
        key = ec.generate_private_key(ec.SECP256R1())
        names: list[x509.GeneralName] = [x509.DNSName(host)]
        with suppress(ValueError):
            names = [x509.IPAddress(ipaddress.ip_address(host))]
        made = self._builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]), key).add_extension(x509.SubjectAlternativeName(names), critical=False).sign(self._key, hashes.SHA256())
        file = self._folder / f"server-{host}-{socket.gethostname()}.pem"
        file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()) + made.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        moment = datetime.now(UTC)
        return x509.CertificateBuilder().subject_name(subject).issuer_name(self._name).public_key(key.public_key()).serial_number(x509.random_serial_number()).not_valid_before(
            moment - timedelta(hours=1)).not_valid_after(moment + timedelta(days=2))
