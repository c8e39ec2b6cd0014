"""Oracles: for each metric one independent, hand-written SELECT over the operational tables, compared with what ``ask`` says."""

from tests.oracles import canvass, marketing, pipeline, production, reconciliation, sales, service, technology, telemarketing
from tests.oracles.oracle import Oracle

ORACLES: dict[str, Oracle] = {
    **sales.ORACLES, **pipeline.ORACLES, **marketing.ORACLES, **telemarketing.ORACLES, **canvass.ORACLES, **production.ORACLES, **service.ORACLES, **technology.ORACLES, **reconciliation.ORACLES,
}
