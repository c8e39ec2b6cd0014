"""Every entity that a company can import, in an order in which references are always there already."""

from difflib import get_close_matches

from shared.warehouse.load_company import COMPANY
from shared.warehouse.load_facts import FACTS
from shared.warehouse.load_fields import Entity

ENTITIES: dict[str, Entity] = {entity.name: entity for entity in (*COMPANY, *FACTS)}
"""By name, as `python -m jobs import` calls them."""


class UnknownEntityError(ValueError):
    """No entity has this name; the message lists those that exist."""


def entity_called(name: str) -> Entity:
    """Return the entity called ``name``; blanks, hyphens, capitals and a plural s are forgiven."""
    wanted = name.strip().lower().replace("-", "_").replace(" ", "_")
    for spelling in (wanted, wanted.removesuffix("s"), wanted.removesuffix("es"), wanted.removesuffix("ies") + "y"):
        if spelling in ENTITIES:
            return ENTITIES[spelling]
    close = get_close_matches(wanted, ENTITIES, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    raise UnknownEntityError(f"nothing called {name!r} can be imported; {hint}there are: {', '.join(ENTITIES)}")
