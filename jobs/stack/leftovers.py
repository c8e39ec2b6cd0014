"""Processes that a killed platform left behind."""

import os
import platform
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from jobs.stack.errors import StackError

_PATIENCE = 15.0


def clear(run: dict[str, Any], marks: tuple[str, ...]) -> list[str]:
    """End what is left of the run that wrote ``run`` and return the names.

    A process whose command line holds none of ``marks`` is left alone: somebody else has got the number since.

    Raises StackError if something does not go.
    """
    left = {name: pid for name, pid in run.get("services", {}).items() if any(mark in _command_line(pid) for mark in marks)}
    for name, pid in left.items():
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGINT if name in {"postgres", "replica"} else signal.SIGTERM)
    deadline = time.monotonic() + _PATIENCE
    for name, pid in left.items():
        while _exists(pid):
            if time.monotonic() > deadline:
                raise StackError(f"{name} (process {pid}) of an earlier run does not end; end it with: kill -9 {pid}")
            time.sleep(0.1)
    return list(left)


def _command_line(pid: int) -> str:
    proc = Path("/proc") / str(pid) / "cmdline"
    if proc.exists():
        return proc.read_bytes().replace(b"\0", b" ").decode(errors="replace")
    if platform.system() == "Linux":
        return ""
    return subprocess.run(["ps", "-ww", "-o", "command=", "-p", str(pid)], check=False, capture_output=True, text=True).stdout


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
