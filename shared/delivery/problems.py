"""What can be wrong with a schedule or with what it sends; every message is a sentence for the person."""


class ScheduleError(ValueError):
    """A schedule that cannot be kept as it was sent; ``field`` names the part that is wrong."""

    def __init__(self, field: str, message: str) -> None:
        """Keep which part is wrong beside the sentence."""
        super().__init__(message)
        self.field = field


class NotYoursError(PermissionError):
    """Something that is not this person's to do; the message says whose."""


class GoneError(LookupError):
    """There is no such schedule, run or file any more."""


class NotFitError(RuntimeError):
    """A document that must not go out: blank, stale, incomplete or larger than a mail; the message says which."""
