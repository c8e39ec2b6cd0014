"""Parts that add up to the whole, to the last cent."""

import numpy as np

from shared.analysis.attribution.journeys import Array


def apportion(parts: Array, whole: int) -> Array:
    """Return whole numbers in proportion to ``parts`` (none negative) that add up to ``whole``, by the largest remainder (Hamilton).

    Of equal remainders the part that stands first gets the unit, so the same parts always give the same numbers.  Parts that are all zero
    get nothing where ``whole`` is 0; raises ValueError where it is not, because nobody could say whose it is.
    """
    total = float(parts.sum())
    if total <= 0:
        if whole:
            raise ValueError(f"{whole} cannot be shared out: every part is zero")
        return np.zeros(len(parts), dtype=np.int64)
    exact = parts / total * whole
    # A part that is whole but for the last digits of its computation must not lose a unit to them.
    nearest = np.rint(exact)
    floor = np.where(np.isclose(exact, nearest, rtol=1e-14, atol=1e-6), nearest, np.floor(exact)).astype(np.int64)
    left = whole - int(floor.sum())
    order = np.argsort(-(np.round(exact - floor, 6)), kind="stable")
    if left >= 0:
        floor[order[:left]] += 1
    else:  # only by such digits: take from the smallest remainders
        held = order[::-1][floor[order[::-1]] > 0]
        floor[held[:-left]] -= 1
    return floor
