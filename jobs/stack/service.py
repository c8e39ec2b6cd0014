"""One thing that the supervisor starts."""

import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Service:
    """A process (or, with ``once``, a step that must end with 0) and how to tell that it is ready."""

    name: str
    argv: Callable[[], list[str]]
    """Asked when the process starts, after ``prepare``."""
    after: tuple[str, ...] = ()
    """Names of the services that must be ready first; they also stop later."""
    prepare: Callable[[], None] = lambda: None
    """Runs in a thread before each start; raises StackError with the way out."""
    ready: Callable[[], bool] = lambda: True
    """Asked in a thread until it says True."""
    env: Mapping[str, str] = field(default_factory=dict)
    popen: Mapping[str, object] = field(default_factory=dict)
    """More arguments of Popen: the account."""
    stop_signal: signal.Signals = signal.SIGTERM
    grace: float = 15.0
    """Seconds between the signal and SIGKILL."""
    ready_seconds: float = 90.0
    once: bool = False
    cwd: Path | None = None
