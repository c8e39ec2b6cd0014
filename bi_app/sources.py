"""What pages draw from, handed in by ``create_app``; tests hand in others of the same shape."""

from dataclasses import dataclass

from shared.metrics.ask import Ask
from shared.metrics.glass_box import GlassBoxes
from shared.metrics.headline import Headlines
from shared.metrics.reference import Reference
from shared.settings import Settings


@dataclass(frozen=True)
class Sources:
    """The doors to numbers."""

    settings: Settings
    ask: Ask
    headlines: Headlines
    reference: Reference
    glass: GlassBoxes
