"""Progress of long work: a bar with rate and remainder on a terminal, a line every few seconds elsewhere (logs, CI)."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, SpinnerColumn, Task, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

_EVERY = 5.0


class Bar(Protocol):
    """What the work tells its progress to."""

    def advance(self, amount: float = 1) -> None:
        """Say that ``amount`` more is done."""

    def describe(self, label: str) -> None:
        """Say what is being done now."""

    def total(self, amount: float) -> None:
        """Say how much there is in all, once that is known."""


class _Rate(ProgressColumn):
    def __init__(self, unit: str) -> None:
        super().__init__()
        self.unit = unit

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.{0 if speed >= 10 else 1}f} {self.unit}/s", style="cyan")


class _Drawn:
    def __init__(self, progress: Progress, label: str, amount: float | None) -> None:
        self._progress = progress
        self._task = progress.add_task(label, total=amount)

    def advance(self, amount: float = 1) -> None:
        self._progress.advance(self._task, amount)

    def describe(self, label: str) -> None:
        self._progress.update(self._task, description=label)

    def total(self, amount: float) -> None:
        self._progress.update(self._task, total=amount)


class _Told:
    def __init__(self, label: str, amount: float | None, unit: str) -> None:
        self._label, self._amount, self._unit = label, amount, unit
        self._done = 0.0
        self._begun = self._said = time.monotonic()

    def advance(self, amount: float = 1) -> None:
        self._done += amount
        if time.monotonic() - self._said >= _EVERY:
            self._said = time.monotonic()
            self._say()

    def describe(self, label: str) -> None:
        self._label = label

    def total(self, amount: float) -> None:
        self._amount = amount

    def _say(self) -> None:
        rate = self._done / max(time.monotonic() - self._begun, 1e-6)
        of = "" if self._amount is None else f" of {self._amount:,.0f}"
        left = "" if self._amount is None or not rate else f", {max(self._amount - self._done, 0) / rate:,.0f} s left"
        print(f"{self._label}: {self._done:,.0f}{of} {self._unit}, {rate:,.0f} {self._unit}/s{left}", file=sys.stderr, flush=True)

    def finish(self) -> None:
        seconds = time.monotonic() - self._begun
        if seconds >= _EVERY:
            print(f"{self._label}: {self._done:,.0f} {self._unit} in {seconds:,.1f} s", file=sys.stderr, flush=True)


@contextmanager
def progress(label: str, total: float | None = None, unit: str = "rows") -> Iterator[Bar]:
    """Show the progress of the work inside the ``with``, on the error stream: ``total`` None while it is not known how much there is.

    >>> with progress("Loading leads", total=1_000_000) as bar:  # doctest: +SKIP
    ...     bar.advance(50_000)
    """
    console = Console(stderr=True)
    if not console.is_terminal:
        told = _Told(label, total, unit)
        yield told
        told.finish()
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Rate(unit), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as drawn:
        yield _Drawn(drawn, label, total)
