"""``python -m jobs.mail --port 54025 --folder var/mail``: the demo's mail server."""

import argparse
import asyncio
import contextlib
import logging
import signal
import sys
from pathlib import Path

from jobs.mail.catcher import serve


async def _until_told(folder: Path, port: int) -> None:
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await serve(folder, "127.0.0.1", port)


def main() -> int:
    """Serve until a signal ends it; 1 with a sentence where it cannot start."""
    parser = argparse.ArgumentParser(prog="python -m jobs.mail", description="A mail server that keeps everything as files and sends nothing on.")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    arguments = parser.parse_args()
    logging.basicConfig(level="INFO", format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        asyncio.run(_until_told(arguments.folder, arguments.port))
    except OSError as error:
        sys.stderr.write(f"the mail server cannot listen on port {arguments.port}: {error.strerror}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
