"""Takes mails by SMTP and keeps each as ``<name>.eml``; the same Message-ID twice is one mail.  Speaks what smtplib speaks, without encryption or passwords."""

import asyncio
import hashlib
import logging
from email import message_from_bytes
from pathlib import Path
from typing import Final

log = logging.getLogger(__name__)
LARGEST: Final = 10 * 1024 * 1024
_SILENCE: Final = 60.0
_KEPT: Final = 1000
"""Mails that are kept; older ones go."""


class Catcher:
    """Serves one folder."""

    def __init__(self, folder: Path) -> None:
        """Make the folder."""
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection until it ends, falls silent, or says something that cannot be."""
        try:
            await self._talk(reader, writer)
        except (TimeoutError, ConnectionError, asyncio.LimitOverrunError, asyncio.IncompleteReadError, ValueError) as error:
            log.warning("a connection ended early: %s", error or type(error).__name__)
        finally:
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def say(line: str) -> None:
            writer.write(f"{line}\r\n".encode())
            await writer.drain()

        await say("220 northline demo mail, which is kept and goes nowhere")
        recipients: list[str] = []
        while line := await asyncio.wait_for(reader.readline(), _SILENCE):
            word = line[:4].upper().strip()
            if word in {b"EHLO", b"HELO"}:
                await say(f"250-northline\r\n250 SIZE {LARGEST}" if word == b"EHLO" else "250 northline")
            elif word == b"RCPT":
                recipients.append(line.decode(errors="replace").strip()[8:])
                await say("250 OK")
            elif word == b"DATA" and recipients:
                await say("354 go on")
                await say(await self._take(reader))
                recipients = []
            elif word in {b"MAIL", b"RSET", b"NOOP"}:
                recipients = []
                await say("250 OK")
            elif word == b"QUIT":
                await say("221 bye")
                return
            else:
                await say("503 that does not come here")

    async def _take(self, reader: asyncio.StreamReader) -> str:
        lines: list[bytes] = []
        size = 0
        while (line := await asyncio.wait_for(reader.readline(), _SILENCE)) != b".\r\n":
            if not line:
                raise ConnectionError("the connection broke in the middle of a mail")
            size += len(line)
            if size <= LARGEST:
                lines.append(line[1:] if line.startswith(b".") else line)
        if size > LARGEST:
            return "552 too large"
        self._keep(b"".join(lines))
        return "250 kept"

    def _keep(self, content: bytes) -> None:
        identity = str(message_from_bytes(content).get("Message-ID", "")).strip().encode() or content
        path = self._folder / f"{hashlib.sha256(identity).hexdigest()[:24]}.eml"
        if path.exists():
            log.info("had %s already", path.name)
            return
        draft = path.with_suffix(".draft")
        draft.write_bytes(content)
        draft.replace(path)
        for old in sorted(self._folder.glob("*.eml"), key=lambda each: each.stat().st_mtime)[:-_KEPT]:
            old.unlink(missing_ok=True)


async def serve(folder: Path, host: str, port: int) -> None:
    """Serve until cancelled."""
    server = await asyncio.start_server(Catcher(folder).talk, host, port, limit=LARGEST)
    async with server:
        await server.serve_forever()
