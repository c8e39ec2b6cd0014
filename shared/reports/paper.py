"""A document as a page to print: cover, cards with their figures and tables, definitions.  Chromium makes PDF of it (jobs/paper).

The page reaches for nothing: its style, its font and its figures are handed over with it, and a policy in it forbids everything else.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from html import escape
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from shared.reports.contents import numbers_of, parts_of
from shared.reports.document import Amount, Block, Document, Table
from shared.reports.figures import height_of, printable
from shared.reports.paper_size import PaperSize
from shared.reports.series import keys_of
from shared.reports.shown import has_cents, shown
from shared.reports.text import clean

MOST_ROWS: Final = 1000
"""Rows of one table that are printed; the workbook holds all."""
_ASSETS: Final = Path(__file__).parent / "assets"
_LATIN: Final = "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+2000-206F,U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD"
_BEYOND_LATIN: Final = "U+0100-0130,U+0132-0151,U+0154-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,U+1D00-1DBF,U+1E00-1E9F,U+1EF2-1EFF,U+20A0-20AB,U+20AD-20C0,U+2113,U+2C60-2C7F,U+A720-A7FF"
"""Which letters are in which file of the font, as its makers cut it."""
_PIXELS: Final[dict[PaperSize, tuple[int, int]]] = {"letter": (816, 1056), "a4": (794, 1123)}
_MARGINS: Final = {"top": 62, "side": 66, "bottom": 70}
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; font-src data:"
_WIDE_FROM: Final = 12
"""Columns from which a table gets a page across."""
_LONG: Final = 24
"""Rows above which the table behind a figure stands at the end."""
_CROWDED: Final = 8
"""Columns from which a table is set smaller, and without columns that say nothing."""
_LONGEST_WORD: Final = 30
"""Characters of a word from which it is broken anywhere: a fingerprint, an address."""
_UPRIGHT: Final = '<section class="block">'
_ACROSS: Final = '<section class="block wide">'
_SHORT: Final = 16
"""Characters of a text that is not broken over lines."""


@dataclass(frozen=True)
class Paper:
    """What Chromium prints."""

    title: str
    style: str
    """The part of the style that differs from document to document: paper and running lines."""
    body: str
    figures: tuple[dict[str, Any], ...]
    """Each with ``data``, ``layout`` and the ``width`` and ``height`` that it is drawn in; the element with its number as ``data-figure`` holds its place."""


@dataclass(frozen=True)
class _Making:
    """What cards are written with, and what they leave for later."""

    zone: ZoneInfo
    widths: tuple[int, int]
    """Pixels of an upright page and of one across."""
    brief: bool
    figures: list[dict[str, Any]] = field(default_factory=list)
    behind: list[tuple[int, Block, Table]] = field(default_factory=list)
    """Long tables behind figures, with the number of their card."""


@cache
def font_faces(*, beyond_latin: bool = True) -> str:
    """Return the style that brings the font along; without ``beyond_latin`` only the letters of western languages."""
    sets = [("latin", _LATIN), *([("latin-ext", _BEYOND_LATIN)] if beyond_latin else [])]
    return "".join(
        f'@font-face{{font-family:"Inter";font-weight:{weight};unicode-range:{letters};'
        f'src:url("data:font/woff2;base64,{base64.b64encode((_ASSETS / "fonts" / f"inter-{name}-{weight}-normal.woff2").read_bytes()).decode()}") format("woff2")}}'
        for name, letters in sets for weight in (400, 600))


@cache
def empty_page() -> str:
    """Return the page that documents are put into, one after the other."""
    style = (_ASSETS / "paper.css").read_text()
    return (f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_POLICY}"><title></title>'
            f'<style>{font_faces()}{style}</style><style id="own"></style></head><body></body></html>')


@cache
def script() -> str:
    """Return what the page does: put a document in, draw figures, make pictures."""
    return (_ASSETS / "paper.js").read_text()


def paper(document: Document, zone: ZoneInfo, size: PaperSize) -> Paper:
    """Return ``document`` for paper of ``size``; moments are in ``zone``.  A document of one card gets a heading, any other a cover."""
    width, height = _PIXELS[size]
    inner, tall = width - 2 * _MARGINS["side"], height - _MARGINS["top"] - _MARGINS["bottom"]
    blocks, brief = parts_of(document), len(document.blocks) == 1
    made = _Making(zone, (inner, height - 2 * _MARGINS["side"]), brief=brief)
    parts = [_heading(document, zone) if brief else _cover(document, blocks, zone)]
    parts += [_block(block, number, made) for number, block in enumerate(blocks)]
    if brief and parts[-1].startswith(_ACROSS):
        parts = [f'<div class="wide">{"".join(parts)}</div>']  # on one page across, the heading too
    parts += [_definitions(document), _appendix(made)]
    return Paper(clean(document.title), _style(document, size, tall, zone), "".join(parts), tuple(made.figures))


def as_of(document: Document, zone: ZoneInfo) -> str:
    """Return the moment that the numbers hold for, in words."""
    return f"{document.as_of.astimezone(zone):%-d %B %Y, %H:%M %Z}"


def _style(document: Document, size: PaperSize, tall: int, zone: ZoneInfo) -> str:
    line = _css_text(" · ".join(part for part in (document.company, document.title) if part))
    running = "font:400 7.6pt Inter,Arial,sans-serif;color:#667085;vertical-align:top;padding-top:14px"
    return (f":root{{--tall:{tall - 4}px}}"
            f"@page{{size:{size} portrait;margin:{_MARGINS['top']}px {_MARGINS['side']}px {_MARGINS['bottom']}px;"
            f"@bottom-left{{content:{line};{running}}}@bottom-center{{content:{_css_text('As of ' + as_of(document, zone))};{running}}}"
            f'@bottom-right{{content:"Page " counter(page) " of " counter(pages);{running}}}}}'
            f"@page wide{{size:{size} landscape}}"
            + ("@page:first{@bottom-left{content:none}@bottom-center{content:none}}" if len(document.blocks) != 1 else ""))


def _css_text(text: str) -> str:
    """``text`` as a string of CSS in which nothing ends the string or the style."""
    return '"' + "".join(mark if mark.isascii() and mark.isalnum() else f"\\{ord(mark):06x} " for mark in clean(text)[:120]) + '"'


def _text(words: str) -> str:
    return escape(clean(words))


def _cover(document: Document, blocks: Sequence[Block], zone: ZoneInfo) -> str:
    facts = [*document.filters, ("As of", as_of(document, zone))]
    listed = "".join(f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>" for name, value in facts)
    contents = "".join(f'<li><a href="#block-{number}"><b>{_text(block.title)}</b></a><span>{_text(block.says)}</span></li>' for number, block in enumerate(blocks))
    return (f'<section class="cover"><p class="whose">{_text(document.company)}</p><div class="rule"></div><h1>{_text(document.title)}</h1><p class="about">{_text(document.about)}</p>'
            f'<dl class="facts">{listed}</dl><nav class="contents" aria-label="Contents"><h2>Contents</h2><ol>{contents}</ol></nav></section>')


def _heading(document: Document, zone: ZoneInfo) -> str:
    chosen = " · ".join(f"{name}: {value}" for name, value in document.filters)
    return (f'<header class="brief"><div class="rule"></div><h1>{_text(document.title)}</h1><p>{_text(" · ".join(part for part in (document.company, document.about) if part))}</p>'
            f'<p>{_text(" · ".join(part for part in (chosen, "As of " + as_of(document, zone)) if part))}</p></header>')


def _block(block: Block, number: int, made: _Making) -> str:
    table = _printed(numbers_of(block) if block.figure is None else block.table)
    is_wide = table is not None and len(table.columns) >= _WIDE_FROM
    head = ["" if made.brief else f'<h2 id="block-{number}">{_text(block.title)}</h2>', f'<p class="says">{_text(block.says)}</p>' if block.says else ""]
    if block.figure is not None:
        keys = "".join(f'<li><i class="{key.shape}" style="--k:{_text(key.colour).replace(";", "")}"></i>{_text(key.name)}</li>' for key in keys_of(block.figure))
        head.append(f'<ul class="keys">{keys}</ul>' if keys else "")
        head.append(f'<div class="figure" data-figure="{len(made.figures)}" role="img" aria-label="{_text(f"Chart: {block.title}. {block.says}")}"></div>')
        made.figures.append({**printable(block.figure), "width": made.widths[0], "height": height_of(block.figure)})
    if block.note:
        head.append(f'<p class="note">{_text(block.note)}</p>')
    if table is not None and block.figure is not None and not made.brief and (len(table.rows) > _LONG or is_wide):
        made.behind.append((number, block, table))
        head.append(f'<p class="note"><a href="#numbers-{number}">Its {len(table.rows)} rows of numbers are at the end.</a></p>')
        table = None
    return f'{_ACROSS if is_wide and table else _UPRIGHT}<div class="head">{"".join(head)}</div>{_table(table, block.title, made.zone) if table else ""}</section>'


def _printed(table: Table | None) -> Table | None:
    """A table of many columns without those that hold no word in any row: on paper they only make the others narrow."""
    if table is None or len(table.columns) < _CROWDED or not table.rows:
        return table
    kept = [number for number, column in enumerate(table.columns) if column.unit is not None or any(row[number] not in {None, ""} for row in table.rows)]
    return Table(tuple(table.columns[number] for number in kept), tuple(tuple(row[number] for number in kept) for row in table.rows), tuple(table.totals[number] for number in kept) if table.totals else ())


def _appendix(made: _Making) -> str:
    """The long tables behind figures: who reads the charts need not leaf through them."""
    found = []
    for number, block, table in made.behind:
        wide = " wide" if len(table.columns) >= _WIDE_FROM else ""
        found.append(f'<section class="block{wide}"><div class="head"><h3 id="numbers-{number}">{_text(block.title)}</h3></div>{_table(table, block.title, made.zone)}</section>')
    return f'<section class="appendix"><h2>Numbers behind the charts</h2>{"".join(found)}</section>' if found else ""


def _table(table: Table, title: str, zone: ZoneInfo) -> str:
    columns = len(table.columns)
    numeric = [table.columns[number].unit is not None or any(isinstance(row[number], int | float | Amount) for row in table.rows) for number in range(columns)]
    cents = [table.columns[number].to_the_cent or has_cents(row[number] for row in (*table.rows, *([table.totals] if table.totals else []))) for number in range(columns)]

    def name_of(text: str, value: Any, number: int) -> str:
        if numeric[number]:
            return "n"
        if len(text) <= _SHORT or isinstance(value, date):
            return "short"
        return "long" if max(map(len, text.split()), default=0) > _LONGEST_WORD else ""

    def line(row: Sequence[Any], name: str = "") -> str:
        cells = []
        for number, (value, column) in enumerate(zip(row, table.columns, strict=True)):
            text = shown(value, column, zone, cents=cents[number])
            name_of_cell = name_of(text, value, number)
            cells.append(f'<td class="{name_of_cell}">{_text(text)}</td>' if name_of_cell else f"<td>{_text(text)}</td>")
        return f"<tr{name}>{''.join(cells)}</tr>"

    head = "".join(f'<th scope="col"{""" class="n" """.rstrip() if numeric[number] else ""}>{_text(column.label)}</th>' for number, column in enumerate(table.columns))
    body = "".join(line(row) for row in table.rows[:MOST_ROWS]) + (line(table.totals, ' class="total"') if table.totals else "")
    left_out = len(table.rows) - MOST_ROWS
    more = f'<p class="more">The first {MOST_ROWS:,} of {len(table.rows):,} rows; the Excel file of this card holds all of them.</p>' if left_out > 0 else ""
    density = "denser" if columns > 10 else "dense" if columns >= _CROWDED else ""
    return f'<table class="{density}" aria-label="{_text(title)}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}'


def _definitions(document: Document) -> str:
    terms = dict(document.definitions)
    for block in document.blocks:
        for column in block.table.columns if block.table else ():
            if column.note:
                terms.setdefault(column.label, column.note)
    if not terms:
        return ""
    return f'<section class="terms"><h2>Definitions</h2><dl>{"".join(f"<div><dt>{_text(term)}</dt><dd>{_text(meaning)}</dd></div>" for term, meaning in terms.items())}</dl></section>'
