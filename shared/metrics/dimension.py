"""What a number can be split and filtered by."""

from dataclasses import dataclass

from shared.metrics.errors import UnknownDimensionError, nearest
from shared.metrics.metric import Metric
from shared.warehouse.catalogue import BY_NAME


@dataclass(frozen=True)
class Dimension:
    """One way to split: a key column of views, possibly looked up in a table of the CRM."""

    name: str
    label: str
    column: str
    """Key column of the views that have it."""
    table: str = ""
    """Looked up here by id; empty: the column's own value is key and label."""
    key: str = "id"
    """Column of the table that is the key (``id``, or an attribute that groups several ids, such as channel)."""
    text: str = "name"
    """Column of the table that is the label."""
    none: str = "Unassigned"
    """Label of rows that have none."""

    @property
    def is_number(self) -> bool:
        """True where keys are whole numbers."""
        return bool(self.table) and self.key == "id"


DIMENSIONS: tuple[Dimension, ...] = (
    Dimension("branch", "Branch", "branch_id", "branch", none="Company"),
    Dimension("rep", "Representative", "rep_id", "employee"),
    Dimension("agent", "Agent", "agent_id", "employee", none="No setter"),
    Dimension("canvasser", "Canvasser", "canvasser_id", "employee", none="Not canvassed"),
    Dimension("technician", "Technician", "technician_id", "employee"),
    Dimension("source", "Lead source", "source_id", "lead_source", none="Unattributed"),
    Dimension("channel", "Channel", "source_id", "lead_source", "channel", "channel", "Unattributed"),
    Dimension("medium", "Medium", "source_id", "lead_source", "medium", "medium", "Unattributed"),
    Dimension("campaign", "Campaign", "source_id", "lead_source", "campaign", "campaign", "None"),
    Dimension("product", "Product", "product_id", "product"),
    Dimension("kind", "Appointment kind", "kind"),
    Dimension("spend_kind", "Kind of cost", "spend_kind"),
    Dimension("stage", "Stage", "stage"),
    Dimension("since", "Open since", "since"),
    Dimension("age", "Age of the lead, days", "age"),
    Dimension("method", "Payment method", "method"),
    Dimension("crew", "Crew", "crew", none="No crew"),
    Dimension("territory", "Territory", "territory", none="No territory"),
    Dimension("service", "Service", "service"),
    Dimension("route", "Route", "route", none="Probes"),
    Dimension("family", "Kind of case", "family"),
    Dimension("rule", "Rule of the case", "rule"),
    Dimension("ledger", "Ledger", "ledger"),
    Dimension("side", "Side of the ledger", "side"),
)

BY_DIMENSION = {dimension.name: dimension for dimension in DIMENSIONS}


def dimension(name: str) -> Dimension:
    """Return the dimension called ``name``; raises UnknownDimensionError naming the nearest."""
    found = BY_DIMENSION.get(name)
    if found is None:
        raise UnknownDimensionError("split", f"no dimension is called {name!r}{nearest(name, BY_DIMENSION)}")
    return found


def dimensions_of(metric: Metric) -> tuple[Dimension, ...]:
    """The dimensions that ``metric`` can be split by: those that every view it reads has."""
    views = [BY_NAME[name] for name in metric.views]
    held = {measure.view: {key for key, _ in measure.where} for measure in metric.measures()}
    return tuple(
        each for each in DIMENSIONS
        if all((each.column == "branch_id" and view.has_branch) or each.column in view.keys for view in views)
        and not any(each.column in keys for keys in held.values())
    )
