"""What can be wrong with a question; each message is a sentence for the person who asked."""

from collections.abc import Iterable
from difflib import get_close_matches


class QuestionError(ValueError):
    """A question that cannot be answered; ``parameter`` names the part that is wrong."""

    def __init__(self, parameter: str, message: str) -> None:
        """Keep which part is wrong beside the sentence."""
        super().__init__(message)
        self.parameter = parameter


class UnknownMetricError(QuestionError):
    """No metric has this name."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        """Name the nearest one."""
        super().__init__("metrics", f"no metric is called {name!r}{nearest(name, known)}")


class UnknownDimensionError(QuestionError):
    """No dimension has this name, or a metric cannot be split by it."""


class OutOfScopeError(PermissionError):
    """Somebody asked for what is not theirs to see."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Return '; did you mean X?' or nothing."""
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
