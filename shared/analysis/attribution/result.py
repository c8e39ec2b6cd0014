"""Credits by model: exact to the cent, with bootstrap intervals."""

from dataclasses import dataclass

import numpy as np

from shared.analysis.attribution.journeys import Array
from shared.analysis.attribution.markov import chain_of, removal_effects, replicated_effects
from shared.analysis.attribution.rounding import apportion
from shared.analysis.attribution.tally import Tally

REPLICATES = 400
LEVEL = 0.95
"""Of the intervals: percentiles of the replicates."""
_HUNDREDTHS = 100
ORDERS = {1: "one touch", 2: "two touches", 3: "three touches"}


@dataclass(frozen=True, eq=False)
class Credit:
    """What one model gives to each key; the last entry of each array is of conversions without a touch."""

    name: str
    label: str
    meaning: str
    conversions: Array
    """Credited conversions, in hundredths; they add up to all conversions."""
    cents: Array
    """Credited cents; they add up to the worth of all conversions."""
    low: Array
    """Lower and ..."""
    high: Array
    """... upper end of the share, 0 .. 1; NaN where no interval can be given."""
    drawn: Array | None
    """Replicates x keys: the credited amount (cents, or conversions where those have no worth) in each resampled company; None: see ``low``."""


@dataclass(frozen=True, eq=False)
class Attribution:
    """Every model over the same conversions."""

    conversions: int
    cents: int
    touches: int
    nulls: int
    """Journeys that did not convert."""
    unattributed: int
    """Conversions without a touch."""
    credits: tuple[Credit, ...]
    removal: Array
    """For each key the removal effect on conversions in the Markov chain."""

    @property
    def has_worth(self) -> bool:
        """True where conversions are worth dollars; else shares are of conversions."""
        return self.cents > 0

    def amount(self, credit: Credit) -> Array:
        """What shares are shares of: cents, or conversions."""
        return credit.cents if self.has_worth else credit.conversions / _HUNDREDTHS

    def shares(self, credit: Credit) -> Array:
        """For each key its part of the amount, 0 .. 1; NaN where there is none."""
        amount = self.amount(credit).astype(np.float64)
        total = amount.sum()
        return amount / total if total else np.full(len(amount), np.nan)


def attribute(tally: Tally, *, replicates: int = REPLICATES, seed: int = 1) -> Attribution:
    """Return every model's credits.  The same tally and seed give the same numbers.

    A replicate draws the blocks of the tally with replacement, the same draw for every model, so that models can be compared within it.
    """
    weights = np.random.default_rng(seed).multinomial(tally.blocks, np.full(tally.blocks, 1 / tally.blocks), replicates).astype(np.float64)
    has_worth = tally.cents > 0
    made = []
    for number, rule in enumerate(tally.rules):
        counts, values = tally.counts[number], tally.values[number]
        made.append(_credit(tally, (rule.name, rule.label, rule.meaning), counts.sum(axis=0), values.sum(axis=0), weights @ (values if has_worth else counts)))
    chain = chain_of(tally)
    effects = removal_effects(chain)
    drawn = replicated_effects(chain, weights)
    bare, whole = tally.counts[0, :, -1], tally.values[0] if has_worth else tally.counts[0]
    counts, values = (_shared(effect, touched, none) for effect, touched, none in (
        (effects[0], tally.conversions - bare.sum(), bare.sum()), (effects[1], tally.values[0, :, :-1].sum(), tally.values[0, :, -1].sum())))
    again = None
    if drawn is not None:
        used = weights[: len(drawn[0])]
        again = _shared(drawn[1 if has_worth else 0], used @ whole[:, :-1].sum(axis=1), used @ whole[:, -1])
    words = ("markov", "Markov" if tally.order == 1 else f"Markov, order {tally.order}",
             f"In proportion to the conversions that would be lost without the channel, in a chain that remembers {ORDERS[tally.order]}.")
    made.append(_credit(tally, words, counts, values, again))
    return Attribution(tally.conversions, tally.cents, tally.touches, tally.nulls, round(bare.sum()), tuple(made), effects[0])


def _shared(effect: Array, touched: Array | float, bare: Array | float) -> Array:
    """``touched`` in proportion to the effects (last axis), and ``bare`` behind it."""
    total = effect.sum(axis=-1, keepdims=True)
    part = np.divide(effect, total, out=np.zeros_like(effect), where=total > 0)
    return np.concatenate([part * np.asarray(touched)[..., None], np.asarray(bare)[..., None]], axis=-1)


def _credit(tally: Tally, words: tuple[str, str, str], counts: Array, values: Array, drawn: Array | None) -> Credit:
    low = high = np.full(tally.keys + 1, np.nan)
    if drawn is not None and tally.conversions:
        total = drawn.sum(axis=1, keepdims=True)
        shares = (drawn / np.where(total > 0, total, 1.0))[total[:, 0] > 0]
        if len(shares):
            low, high = np.quantile(shares, ((1 - LEVEL) / 2, (1 + LEVEL) / 2), axis=0)
    return Credit(*words, apportion(counts, tally.conversions * _HUNDREDTHS), apportion(values, tally.cents), low, high, drawn)
