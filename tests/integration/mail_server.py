"""The demo's mail server in a thread, for tests that look at what it keeps."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobs.mail.catcher import serve
from jobs.stack.ports import free_port


@contextmanager
def mail_server(folder: Path) -> Iterator[str]:
    """Yield the SMTP_URL of a server that keeps mails in ``folder``."""
    port, loop = free_port(), asyncio.new_event_loop()
    task: asyncio.Task[None] = loop.create_task(serve(folder, "127.0.0.1", port))
    thread = threading.Thread(target=lambda: _run(loop, task), daemon=True)
    thread.start()
    try:
        yield f"smtp://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(10)


def _run(loop: asyncio.AbstractEventLoop, task: "asyncio.Task[None]") -> None:
    try:
        loop.run_until_complete(task)
    except asyncio.CancelledError:
        loop.close()
