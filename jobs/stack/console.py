"""What the person who typed `make run` sees: one line per event, and a bar of what is ready while it starts."""

import sys
import threading

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


class Screen:
    """Lines on standard output; on a terminal also a live bar, put away while a step draws bars of its own."""

    def __init__(self) -> None:
        """Draw nothing yet."""
        self._console = Console(file=sys.stdout, highlight=False, soft_wrap=True)
        self._lock = threading.Lock()
        self._bar: Progress | None = None
        self._total = self._done = 0
        self._waiting: set[str] = set()

    def say(self, name: str, text: str, style: str = "") -> None:
        """Write one line about ``name``."""
        self._console.print(f"[bold]{name:<9}[/bold] ", end="")
        self._console.print(text, style=style, markup=False)
        sys.stdout.flush()

    def plain(self, text: str = "") -> None:
        """Write ``text`` as it stands."""
        self._console.print(text, markup=False)
        sys.stdout.flush()

    def expect(self, total: int) -> None:
        """Begin to count ``total`` services."""
        self._total, self._done = total, 0
        self._show()

    def waiting_for(self, name: str) -> None:
        """Say that ``name`` is being started."""
        self._waiting.add(name)
        self._redraw()

    def has_come(self, name: str, seconds: float, what: str) -> None:
        """Say that ``name`` is ready."""
        self._waiting.discard(name)
        self._done += 1
        self.say(name, f"{what} in {seconds:.1f} s")
        self._redraw()

    def lend(self) -> None:
        """Leave the terminal to a step that draws bars of its own."""
        self._hide()

    def take_back(self) -> None:
        """End ``lend``."""
        self._show()

    def close(self) -> None:
        """Put the bar away for good."""
        self._hide()

    def _show(self) -> None:
        if not self._console.is_terminal or self._bar is not None:
            return
        self._bar = Progress(SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
                             console=self._console, transient=True)
        self._bar.add_task("starting", total=self._total)
        self._bar.start()
        self._redraw()

    def _hide(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _redraw(self) -> None:
        with self._lock:
            if self._bar is not None:
                self._bar.update(self._bar.task_ids[0], completed=self._done, description="starting " + ", ".join(sorted(self._waiting)))
