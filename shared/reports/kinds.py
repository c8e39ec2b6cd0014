"""The kinds of files that cards and pages become: one registry for the menu, the routes and the worker."""

from dataclasses import dataclass
from typing import Final, Literal

KindName = Literal["png", "svg", "pdf", "xlsx", "csv"]


@dataclass(frozen=True)
class FileKind:
    """One kind of file."""

    key: KindName
    label: str
    """As menus name it."""
    media_type: str
    for_pages: bool
    """True: a whole page can become one, too; False: only a card."""
    needs_browser: bool
    """True: drawn by Chromium, so only ever by the worker."""


KINDS: Final[dict[str, FileKind]] = {
    kind.key: kind
    for kind in (
        FileKind("png", "Picture (PNG)", "image/png", for_pages=False, needs_browser=True),
        FileKind("svg", "Drawing (SVG)", "image/svg+xml", for_pages=False, needs_browser=True),
        FileKind("pdf", "PDF", "application/pdf", for_pages=True, needs_browser=True),
        FileKind("xlsx", "Excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", for_pages=True, needs_browser=False),
        FileKind("csv", "CSV", "text/csv", for_pages=False, needs_browser=False),
    )
}
