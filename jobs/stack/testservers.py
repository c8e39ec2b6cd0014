"""Servers to run tests against, kept over many runs: ``python -m jobs.stack.testservers [FILE]``.

Prints (or writes to FILE) the lines to source before pytest; ends with Ctrl-C and leaves nothing behind.
"""

import shutil
import signal
import sys
import tempfile
from pathlib import Path

from jobs.stack.ports import free_port
from jobs.stack.postgres import Primary, Standby


def main() -> None:
    """Start a primary and a standby in a temporary folder and wait for the end."""
    folder = Path(tempfile.mkdtemp(prefix="northline-testservers-"))
    folder.chmod(0o711)  # the server's account must be able to walk in
    primary = Primary(folder / "postgres", free_port(), durable=False)
    standby = Standby(primary, free_port())
    try:
        primary.start()
        standby.start()
        lines = f"export TEST_DATABASE_URL='{primary.url()}'\nexport TEST_REPLICA_URL='{standby.url()}'\n"
        if len(sys.argv) > 1:
            Path(sys.argv[1]).write_text(lines)
        print(lines, end="", flush=True)
        signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
        signal.pause()
    except KeyboardInterrupt:
        print("stopping")
    finally:
        standby.stop()
        primary.stop()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
