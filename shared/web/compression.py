"""Compresses answers; the files of component packages, which never change while a process runs, only once."""

import threading

from flask import Flask, Request

_STATIC = ("/_dash-component-suites/", "/assets/")
_YEAR_SECONDS = 31_536_000


class Packed:
    """Packed bodies of static files by path; everything else passes through."""

    def __init__(self) -> None:
        """Nothing is kept yet."""
        self._bodies: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes | None:
        """Return the packed body kept under ``key``."""
        return self._bodies.get(key)

    def set(self, key: str, body: bytes) -> None:
        """Keep a packed body; keys that end in nothing are pages, whose bodies belong to one person."""
        if not key.endswith(";"):
            with self._lock:
                self._bodies.setdefault(key, body)


def key_of(request: Request) -> str:
    """Return what tells static files apart: their path, which names one file; empty for anything else."""
    return request.path if request.path.startswith(_STATIC) else ""


def compressed_server(name: str) -> Flask:
    """Return a Flask server that Dash's ``compress=True`` compresses as it should: flask-compress 1.17 reads its settings when Dash is made, never after."""
    server = Flask(name)
    server.config.update(SEND_FILE_MAX_AGE_DEFAULT=_YEAR_SECONDS, COMPRESS_ALGORITHM=["br", "gzip"], COMPRESS_BR_LEVEL=5, COMPRESS_ALGORITHM_STREAMING=["br"], COMPRESS_CACHE_BACKEND=Packed, COMPRESS_CACHE_KEY=key_of)
    return server
