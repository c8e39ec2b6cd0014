"""Reports as documents: what the screen and every file of a report are made of."""

from collections.abc import Sequence
from datetime import datetime

from shared.metrics.format import write
from shared.metrics.headline_words import judgement
from shared.metrics.registry import metric
from shared.reports.block_numbers import TIMES, Numbers, field_label
from shared.reports.block_tables import headlines_table, rows_table
from shared.reports.document import Block, Document, Table
from shared.reports.report import SIGN_WORDS, Report, ReportBlock
from shared.reports.report_answers import BlockAnswer

ROW_PIXELS, GAP_PIXELS, HEAD_PIXELS = 44, 16, 92
"""Height of one row of the canvas, the room between blocks, and what a card takes beside its figure."""


def height_of(block: ReportBlock) -> int:
    """Return the pixels that a block's figure has."""
    return max(110, block.place.h * (ROW_PIXELS + GAP_PIXELS) - GAP_PIXELS - HEAD_PIXELS)


def title_of(block: ReportBlock) -> str:
    """Return a block's own title, or one made of its fields: 'Net sales $ by branch and month'."""
    if block.title or block.kind == "text":
        return block.title
    names = [declared.label for declared in block.declared]
    if not names:
        return block.chart.label
    by = [field_label(name).lower() for name in (block.split, block.series) if name]
    what = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if len(names) < 4 else f"{names[0]} and {len(names) - 1} more"
    return what + (f" by {' and '.join(by)}" if by else "")


def card_of(answered: BlockAnswer) -> Block:
    """Return one block: what it says, its figure, the numbers behind it and what to know when reading it."""
    block, numbers = answered.block, answered.numbers
    if block.kind == "text":
        return Block(block.id, block.title or "Text", says=block.text)
    if numbers is None or block.chart.draw is None:
        return Block(block.id, title_of(block), says=answered.problem)
    drawn = block.chart.draw(numbers, height_of(block))
    if isinstance(drawn, Table):
        return Block(block.id, title_of(block), table=drawn, says=_says(numbers), note=note_of(answered))
    behind = headlines_table(numbers) if numbers.headlines else rows_table(numbers)
    return Block(block.id, title_of(block), figure=drawn, table=behind, says=_says(numbers), note=note_of(answered))


def note_of(answered: BlockAnswer) -> str:
    """Return what to know when reading a block: days, comparison, its own branches, conditions, what is left out, what does not concern it."""
    block, numbers = answered.block, answered.numbers
    if numbers is None:
        return answered.problem
    parts = [f"{answered.period.words}" if answered.period else ""]
    if numbers.before_words:
        parts.append(f"compared with {numbers.before_words}")
    if answered.branches:
        parts.append(f"{answered.branches} only")
    if block.only_if is not None:
        declared = metric(block.only_if.metric)
        parts.append(f"only where {declared.label} is {SIGN_WORDS[block.only_if.sign]} {write(block.only_if.value, declared.unit)}")
    parts += [f"{field_label(name)}: {len(keys)} chosen" for name, keys in block.limits.where]
    shown = len({row.keys[0] for row in numbers.rows})
    if numbers.fields and numbers.fields[0] not in TIMES and shown < numbers.all_rows:
        parts.append(f"{shown:,} of {numbers.all_rows:,} shown, totals are over all {numbers.all_rows:,}")
    if answered.unfiltered:
        parts.append(f"not filtered by {answered.unfiltered}, which these numbers are not known by")
    return "; ".join(part for part in parts if part) + "."


def document_of(report: Report, answers: Sequence[BlockAnswer], about: str, filters: Sequence[tuple[str, str]], company: str, moment: datetime) -> Document:
    """Return the whole report; ``moment`` stands for its age where no block has numbers."""
    names = list(dict.fromkeys(name for block in report.blocks for name in block.metrics))
    definitions = {metric(name).label: f"{metric(name).meaning} Counted on {metric(name).date}. Formula: {metric(name).formula}" for name in names}
    moments = [each.as_of for each in answers if each.as_of is not None]
    return Document(report.title, about, min(moments, default=moment), [card_of(each) for each in in_order(answers)], filters, definitions, company,
                    [f"{title_of(each.block)!r} could not be read: {each.problem or each.degraded}" for each in answers if each.problem or each.degraded])


def in_order(answers: Sequence[BlockAnswer]) -> list[BlockAnswer]:
    """Return blocks as they are read: from the top, then from the left."""
    return sorted(answers, key=lambda each: (each.block.place.y, each.block.place.x))


def _says(numbers: Numbers) -> str:
    if not numbers.headlines:
        return ""
    return f"{numbers.headlines[0].words}." if len(numbers.headlines) == 1 else " ".join(judgement(each) for each in numbers.headlines[:3])
