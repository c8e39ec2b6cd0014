"""Finds a metric by name."""

from collections.abc import Mapping
from functools import cache

from shared.metrics.errors import UnknownMetricError
from shared.metrics.metric import Metric


@cache
def metrics() -> Mapping[str, Metric]:
    """Every declared metric by name, in the order of the catalogue; raises ValueError where a name is declared twice."""
    from shared.metrics.catalogue import CATALOGUE

    found = {each.name: each for each in CATALOGUE}
    if len(found) < len(CATALOGUE):
        names = [each.name for each in CATALOGUE]
        raise ValueError(f"declared twice: {sorted({name for name in names if names.count(name) > 1})}")
    return found


def metric(name: str) -> Metric:
    """Return the metric called ``name``; raises UnknownMetricError naming the nearest."""
    found = metrics().get(name)
    if found is None:
        raise UnknownMetricError(name, metrics())
    return found
