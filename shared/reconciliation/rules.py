"""Every rule, in the order in which they are shown."""

import hashlib
from collections.abc import Mapping
from typing import Final

from shared.reconciliation.ghosts import GHOSTS
from shared.reconciliation.rule import Rule, Terms
from shared.reconciliation.splits import SPLITS

RULES: Final[tuple[Rule, ...]] = (*GHOSTS, *SPLITS)
BY_NAME: Final[Mapping[str, Rule]] = {rule.name: rule for rule in RULES}


def declared(terms: Terms) -> str:
    """Return the fingerprint of every rule and term: two runs with the same one judged alike."""
    said = "\n".join((*(f"{rule.name}: {rule.sql}" for rule in RULES), repr(terms)))
    return hashlib.sha256(said.encode()).hexdigest()[:16]
