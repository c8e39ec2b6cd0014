"""Child processes that never outlive their parent."""

import ctypes
import signal
import subprocess
import sys
from collections.abc import Callable

_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None  # loaded before any fork
_PR_SET_PDEATHSIG = 1


def die_with_parent(with_signal: int = signal.SIGTERM) -> Callable[[], None] | None:
    """Return what a child runs between fork and exec, so that Linux signals it when its parent dies, even by SIGKILL.

    None where the system has no such thing (macOS): the next start finds what was left over.
    """
    if _LIBC is None:
        return None
    libc = _LIBC

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, with_signal)

    return ask


def stop(process: subprocess.Popen[bytes], with_signal: int, grace: float = 15.0) -> None:
    """Ask ``process`` to stop, wait up to ``grace`` seconds, then kill it."""
    if process.poll() is not None:
        return
    process.send_signal(with_signal)
    try:
        process.wait(grace)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
