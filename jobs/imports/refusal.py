"""How an import says no, and how it shows what a stranger's file contains."""


class ImportRefusedError(ValueError):
    """The file cannot be imported as it is; the message says why and names the way out.  Nothing was loaded."""


def shown(value: str, most: int = 60) -> str:
    """Return ``value`` quoted and cut, fit for a terminal: control characters (they could steer it) are spelled out."""
    cut = value if len(value) <= most else value[: most - 1] + "…"
    return "'" + "".join(mark if mark.isprintable() else repr(mark)[1:-1] for mark in cut) + "'"
