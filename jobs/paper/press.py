"""Makes PDF and pictures of documents with one warm Chromium per process; after a failure with a new one, once."""

import base64
import logging
import re
import threading
from collections.abc import Callable
from typing import Any, Final, TypeAlias, TypeVar
from zoneinfo import ZoneInfo

from jobs.paper.browser import Browser, BrowserFailedError
from jobs.paper.program import may_be_sandboxed, path_of_browser
from shared.reports.document import Document
from shared.reports.figures import height_of, printable
from shared.reports.kinds import FileKind
from shared.reports.paper import Paper, as_of, font_faces, paper
from shared.reports.paper_size import PaperSize
from shared.reports.series import keys_of
from shared.reports.text import clean
from shared.settings import Settings

log = logging.getLogger(__name__)
T = TypeVar("T")
Check: TypeAlias = Callable[[float], None]
PICTURE_SECONDS: Final = 20.0
PAGE_SECONDS: Final = 60.0
MOST_DRAWN: Final = 400
"""Files after which Chromium is started anew: whatever it holds on to by then goes with it."""
IDLE_SECONDS: Final = 600.0
WIDTH: Final = 960
"""Pixels of a picture; a PNG has twice as many."""
SCALE: Final = 2
_BEYOND_LATIN: Final = re.compile("[\u0100-\u024f\u1e00-\u1eff]")


class Press:
    """The Chromium of this process: started when it is first needed, ended when it was not needed for a while."""

    def __init__(self, settings: Settings, idle_seconds: float = IDLE_SECONDS) -> None:
        """Start nothing yet."""
        self._settings, self._idle_seconds = settings, idle_seconds
        self._zone = ZoneInfo(settings.company_time_zone)
        self._lock = threading.RLock()
        self._browser: Browser | None = None
        self._drawn = 0
        self._timer: threading.Timer | None = None

    def make(self, document: Document, kind: FileKind, size: PaperSize, check: Check = lambda _: None) -> bytes:
        """Return ``document`` as PDF, or the figure of its only card as a picture.

        ``check`` is called every fraction of a second with how much is done (0..1) and ends the work by raising.  Raises NoBrowserError, and BrowserFailedError where a second Chromium failed too.
        """
        if kind.key == "pdf":
            page = paper(document, self._zone, size)
            return self._twice(lambda browser: _printed(browser, page, check), check)
        card = picture(document, kind.key, self._zone)
        return self._twice(lambda browser: _drawn(browser, card, check), check)

    def close(self) -> None:
        """End Chromium."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if self._browser is not None:
                self._browser.kill()
                self._browser = None

    @property
    def browser(self) -> Browser | None:
        """The warm one; None: there is none at this moment."""
        return self._browser

    def _twice(self, work: Callable[[Browser], T], check: Check) -> T:
        with self._lock:
            for attempt in (1, 2):
                try:
                    done = work(self._warm(check))
                except BrowserFailedError as error:
                    self.close()
                    if attempt == 2:
                        raise
                    log.warning("Chromium failed, trying once more with a new one: %s", error)
                except BaseException:
                    self.close()  # in the middle of something that nobody wants any more
                    raise
                else:
                    self._rest()
                    return done
        raise AssertionError("unreachable")

    def _warm(self, check: Check) -> Browser:
        if self._timer is not None:
            self._timer.cancel()
        if self._browser is not None and self._drawn >= MOST_DRAWN:
            self.close()
        if self._browser is None:
            self._browser = Browser(path_of_browser(self._settings), sandbox=may_be_sandboxed(self._settings), check=lambda: check(0.1))
            self._drawn = 0
        self._drawn += 1
        return self._browser

    def _rest(self) -> None:
        self._timer = threading.Timer(self._idle_seconds, self.close)
        self._timer.daemon = True
        self._timer.start()


def picture(document: Document, form: str, zone: ZoneInfo) -> dict[str, Any]:
    """Return what the page draws a picture of: the figure of the only card, with its title, its sentence, its key and where it comes from."""
    block = document.blocks[0]
    figure = block.figure or {}
    chosen = " · ".join(f"{name}: {value}" for name, value in document.filters)
    foot = " · ".join(part for part in (document.company, document.about, chosen, f"As of {as_of(document, zone)}") if part)
    card = {"title": clean(block.title), "says": clean(block.says), "foot": clean(foot), "keys": [{"name": clean(key.name), "shape": key.shape, "colour": key.colour} for key in keys_of(figure)],
            "figure": printable(figure), "width": WIDTH, "height": max(320, round(height_of(figure) * 1.2)), "format": form, "scale": SCALE}
    return {**card, "font": font_faces(beyond_latin=bool(_BEYOND_LATIN.search(str(card))))}


def _printed(browser: Browser, page: Paper, check: Check) -> bytes:
    filled = browser.call("fill", {"title": page.title, "style": page.style, "body": page.body, "figures": page.figures}, PAGE_SECONDS, lambda: check(0.3))
    if filled != len(page.figures):
        raise BrowserFailedError(f"{filled} of {len(page.figures)} figures were drawn")
    pdf = base64.b64decode(browser.print(PAGE_SECONDS, lambda: check(0.7)))
    browser.call("clear", None, PICTURE_SECONDS)
    return pdf


def _drawn(browser: Browser, card: dict[str, Any], check: Check) -> bytes:
    made = str(browser.call("picture", card, PICTURE_SECONDS, lambda: check(0.5)))
    return made.encode() if card["format"] == "svg" else base64.b64decode(made.partition(",")[2])
