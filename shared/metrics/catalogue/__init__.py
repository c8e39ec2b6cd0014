"""Every KPI, declared once, by department. A new metric is one more declaration here and one oracle in tests/oracles."""

from shared.metrics.catalogue import canvass, marketing, pipeline, production, reconciliation, sales, service, technology, telemarketing
from shared.metrics.metric import Metric

CATALOGUE: tuple[Metric, ...] = (
    *sales.METRICS, *pipeline.METRICS, *marketing.METRICS, *telemarketing.METRICS, *canvass.METRICS, *production.METRICS, *service.METRICS, *technology.METRICS, *reconciliation.METRICS,
)
