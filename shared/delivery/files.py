"""The files of a document that a mail carries, and what they and the mail's own text hash to."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from shared.delivery.problems import NotFitError
from shared.mail import Attachment
from shared.reports.contents import numbers_of
from shared.reports.document import Document
from shared.reports.kinds import KINDS
from shared.reports.making import name_of, written
from shared.reports.paper_size import PaperSize

Printer: TypeAlias = Callable[[Document, PaperSize], bytes]
"""Makes a PDF; only a process with a browser has one."""
LARGEST: Final = 8 * 1024 * 1024
"""Bytes of all files of one mail: most mail servers take no more than 10 MB, and a file grows by a third on its way."""
MOST_FILES: Final = 20


def files_of(document: Document, kind: str, zone: ZoneInfo, paper: PaperSize, printer: Printer | None) -> tuple[Attachment, ...]:
    """Return the files of ``document``: none for ``inline``, one CSV for each table.  Raises NotFitError where no mail can carry them, ExportError where they cannot be made."""
    if kind == "inline":
        return ()
    made = tuple(_made(document, kind, zone, paper, printer))
    if not made or not all(each.content for each in made):
        raise NotFitError("there is no table for a file in it")
    size = sum(len(each.content) for each in made)
    if size > LARGEST or len(made) > MOST_FILES:
        raise NotFitError(f"its files are too much for a mail: {len(made)} with {size / 1e6:.1f} MB, {MOST_FILES} with {LARGEST / 1e6:.1f} MB go")
    return made


def _made(document: Document, kind: str, zone: ZoneInfo, paper: PaperSize, printer: Printer | None) -> Sequence[Attachment]:
    file_kind = KINDS[kind]
    if kind == "csv":
        parts = [replace(document, title=f"{document.title} - {block.title}", blocks=(block,)) for block in document.blocks if numbers_of(block) is not None]
        return [Attachment(name_of(part, file_kind, zone), file_kind.media_type, written(part, file_kind, zone, paper)) for part in parts]
    if kind == "pdf":
        if printer is None:
            raise NotFitError("PDF cannot be made here: the worker has no browser")
        return [Attachment(name_of(document, file_kind, zone), file_kind.media_type, printer(document, paper))]
    return [Attachment(name_of(document, file_kind, zone), file_kind.media_type, written(document, file_kind, zone, paper))]


def hash_of(content: bytes) -> str:
    """Return the SHA-256 of ``content`` in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def hash_of_all(texts: Mapping[str, str], files: Sequence[Attachment]) -> str:
    """Return one hash over everything that readers of a scope get."""
    return hash_of("\n".join([*(f"{name}={hash_of(text.encode())}" for name, text in sorted(texts.items())), *(f"{each.name}={hash_of(each.content)}" for each in files)]).encode())
