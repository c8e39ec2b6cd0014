"""Age bands of open items."""

BANDS: tuple[tuple[str, int], ...] = (("0–30 days", 30), ("31–60 days", 60), ("61–90 days", 90), ("over 90 days", 10**6))
"""(label, last day of the band)."""


def band(days: int) -> int:
    """Return the number of the band that an age of ``days`` falls in."""
    return next(number for number, (_, last) in enumerate(BANDS) if days <= last)
