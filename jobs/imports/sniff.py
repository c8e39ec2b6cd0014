"""Looks at a file before it is read: may it be read, how big is it, what is it really (whatever its name says), how is its text encoded."""

import codecs
import hashlib
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from jobs.imports.limits import LIMITS, sized
from jobs.imports.refusal import ImportRefusedError, shown

_BLOCK = 1 << 20
_STRANGERS = {
    b"\x1f\x8b": "is packed with gzip: unpack it first",
    b"BZh": "is packed with bzip2: unpack it first",
    b"\xfd7zXZ": "is packed with xz: unpack it first",
    b"7z\xbc\xaf": "is a 7-Zip archive: unpack it first",
    b"Rar!": "is a RAR archive: unpack it first",
    b"%PDF": "is a PDF document; export the data as CSV, XLSX or Parquet",
    b"{\\rtf": "is a text document; export the data as CSV, XLSX or Parquet",
    b"SQLite format 3": "is an SQLite database; export the table as CSV",
}


@dataclass(frozen=True)
class Sniffed:
    """What a file turned out to be."""

    kind: str
    """text, workbook or parquet."""
    size: int
    sha256: str
    encoding: str
    """Python's name of the encoding; empty unless the file is text."""


def sniff(path: Path, encoding: str | None, read: Callable[[int], None]) -> Sniffed:
    """Read the file through once and say what it is; ``read`` hears of each portion's bytes.

    Raises ImportRefusedError for what cannot be imported.
    """
    size = _size(path)
    with path.open("rb") as file:
        head = file.read(4096)
        kind = _kind(path, head)
        if kind == "workbook" and size > LIMITS.workbook_bytes:
            raise ImportRefusedError(f"{path.name} has {sized(size)}; an Excel file may have {sized(LIMITS.workbook_bytes)} at most: save it as CSV")
        candidates = _encodings(path, head, encoding) if kind == "text" else []
        digest = hashlib.sha256()
        file.seek(0)

        def hear(block: bytes) -> None:
            digest.update(block)
            read(len(block))

        fits = _decodes(file, candidates[0] if candidates else None, hear)
        chosen = candidates[0] if candidates and fits else ""
        for name in candidates[1:]:
            if not chosen and not file.seek(0) and _decodes(file, name, lambda _: None):
                chosen = name
    if kind == "text" and not chosen:
        raise ImportRefusedError(f"{path.name} is not text in {' or '.join(candidates)}: save it as UTF-8, or name its encoding with --encoding")
    return Sniffed(kind, size, digest.hexdigest(), chosen)


def _decodes(file: BinaryIO, encoding: str | None, each: Callable[[bytes], None]) -> bool:
    """Read the rest of ``file``, hand each block on, and say whether all of it is text in ``encoding`` (None: do not ask)."""
    decoder = codecs.getincrementaldecoder(encoding)() if encoding else None
    fits = True
    while block := file.read(_BLOCK):
        each(block)
        fits = fits and _fits(decoder, block)
    return fits and _fits(decoder, b"", final=True)


def _fits(decoder: codecs.IncrementalDecoder | None, block: bytes, *, final: bool = False) -> bool:
    try:
        if decoder:
            decoder.decode(block, final)
    except (UnicodeError, ValueError):
        return False
    return True


def _size(path: Path) -> int:
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise ImportRefusedError(f"{path} is a folder; name the file in it")
        if not stat.S_ISREG(found.st_mode):
            raise ImportRefusedError(f"{path} is not a plain file (a device or pipe); save the data to a file first")
        if not os.access(path, os.R_OK):
            raise ImportRefusedError(f"{path} may not be read by this account; change its permissions")
    except FileNotFoundError:
        raise ImportRefusedError(f"there is no file {path}") from None
    except (OSError, ValueError) as error:
        raise ImportRefusedError(f"{shown(str(path), 200)} cannot be opened: {getattr(error, 'strerror', None) or error}") from None
    if found.st_size == 0:
        raise ImportRefusedError(f"{path.name} is empty")
    if found.st_size > LIMITS.file_bytes:
        raise ImportRefusedError(f"{path.name} has {sized(found.st_size)}; at most {sized(LIMITS.file_bytes)} can be imported: split it")
    return found.st_size


def _kind(path: Path, head: bytes) -> str:
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0")):
        return "workbook"
    if head.startswith(b"PAR1"):
        return "parquet"
    for mark, words in _STRANGERS.items():
        if head.startswith(mark):
            raise ImportRefusedError(f"{path.name} {words}")
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<!doctype html", b"<html", b"<table")):
        raise ImportRefusedError(f"{path.name} is a web page (exports that need a sign-in, or an old 'Excel' export, look like that); save the data as CSV or XLSX")
    if start.startswith(b"<?xml"):
        raise ImportRefusedError(f"{path.name} is XML; save the data as CSV, XLSX or Parquet")
    if path.suffix.lower() in {".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".parquet"} and _looks_binary(head):
        raise ImportRefusedError(f"{path.name} is damaged: it does not begin like a {path.suffix.lower().removeprefix('.')} file")
    return "text"


def _looks_binary(head: bytes) -> bool:
    odd = sum(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in head)
    return odd > len(head) // 20


def _encodings(path: Path, head: bytes, wanted: str | None) -> list[str]:
    """Return the encodings to try, best first."""
    if wanted:
        try:
            name = codecs.lookup(wanted).name
            codecs.getincrementaldecoder(name)().decode(b"")
        except (LookupError, ValueError, TypeError, AttributeError):
            raise ImportRefusedError(f"--encoding {shown(wanted)} is not an encoding; usual ones are utf-8, utf-16, cp1252, latin-1") from None
        return ["utf-8-sig" if name == "utf-8" else name]
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return ["utf-32"]
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ["utf-16"]
    if head.startswith(codecs.BOM_UTF8):
        return ["utf-8-sig"]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if odd > len(head) // 5 and even < odd // 10:
        return ["utf-16-le"]
    if even > len(head) // 5 and odd < even // 10:
        return ["utf-16-be"]
    if _looks_binary(head):
        raise ImportRefusedError(f"{path.name} is not a table: it holds binary data; CSV, XLSX, XLS and Parquet files can be imported")
    return ["utf-8", "cp1252"]
