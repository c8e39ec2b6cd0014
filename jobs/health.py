"""Health checks of containers: ``python -m jobs.health URL`` or ``python -m jobs.health FILE SECONDS``; exit code 0 means healthy."""

import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

_USE = 2


def main(arguments: list[str]) -> int:
    """Return 0 if the address answers 200, or if the file was touched within so many seconds."""
    match arguments:
        case [address] if address.startswith("http://"):
            return 0 if _answers(address) else 1
        case [file, seconds] if seconds.isdecimal():
            return 0 if _is_young(Path(file), int(seconds)) else 1
    sys.stderr.write("use: python -m jobs.health http://HOST:PORT/healthz | python -m jobs.health FILE SECONDS\n")
    return _USE


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - http is checked above
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _is_young(path: Path, seconds: int) -> bool:
    return path.exists() and time.time() - path.stat().st_mtime <= seconds


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
