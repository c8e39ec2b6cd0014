"""What an import accepts at most; checked before work begins where that is possible, and said in the refusal."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one import; the defaults hold a day's work of a large company many times over."""

    file_bytes: int = 4 * 1024**3
    """Of the file as it lies on disk."""
    workbook_bytes: int = 256 * 1024**2
    """Of an Excel file as it lies on disk: it is read as a whole."""
    unpacked_bytes: int = 2 * 1024**3
    """Of an Excel file's parts, unpacked."""
    columns: int = 500
    cell_characters: int = 100_000
    line_characters: int = 4_000_000
    record_lines: int = 10_000
    """Lines that one row may run over inside quotes."""
    reader_memory_bytes: int = 4 * 1024**3
    """Address space of the process that reads Excel and Parquet files."""
    reader_seconds: int = 1800


LIMITS = Limits()


def sized(count: float) -> str:
    """Return a number of bytes as people say it: 12 MB."""
    for unit in ("bytes", "KB", "MB"):
        if count < 1024:
            return f"{count:,.0f} {unit}"
        count /= 1024
    return f"{count:,.1f} GB"
