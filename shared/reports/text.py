"""Text on its way into files: without characters that no file holds, without formulas, short enough for names."""

import re
from typing import Final

_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
_LONE: Final = re.compile("[\ud800-\udfff]")
_COMPUTES: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection), and the full-width twins that some take for it too."""
_NO_FILE_NAME: Final = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]+')
LONGEST_FILE_NAME: Final = 120


def clean(text: str) -> str:
    """Return ``text`` without control characters (tabs and line ends stay) and with lone halves of surrogate pairs replaced: XML and UTF-8 hold neither."""
    return _LONE.sub("\ufffd", _CONTROLS.sub("", text))


def inert(text: str) -> str:
    """Return ``text`` so that a spreadsheet that opens a CSV does not compute it: with a leading quote where it would."""
    return f"'{text}" if text.startswith(_COMPUTES) or text.lstrip(" \u00a0").startswith(_COMPUTES) else text


def file_name(words: str, suffix: str) -> str:
    """Return a file name for ``words`` that every system takes, at most ``LONGEST_FILE_NAME`` characters before the suffix."""
    plain = " ".join(_NO_FILE_NAME.sub(" ", clean(words)).split())[:LONGEST_FILE_NAME].strip(" .")
    return f"{plain or 'Export'}.{suffix}"
