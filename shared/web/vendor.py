"""Files that both sites share (fonts, tokens, bundles): precompressed variants, and a year in the browser's cache once their version is in the address."""

import gzip
import hashlib
import logging
import mimetypes
import zlib
from functools import lru_cache
from pathlib import Path

import brotli
from flask import Blueprint, Response, abort, request, send_file

log = logging.getLogger(__name__)
_FOLDERS = (Path(__file__).parent / "assets", Path(__file__).parent / "page_assets")
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_YEAR = 31_536_000
_TYPES = {".woff2": "font/woff2", ".js": "text/javascript", ".map": "application/json", ".geojson": "application/geo+json"}

vendor = Blueprint("vendor", __name__)


def _find(name: str) -> Path | None:
    for folder in _FOLDERS:
        path = (folder / name).resolve()
        if path.is_relative_to(folder.resolve()) and path.is_file():
            return path
    return None


@lru_cache(maxsize=512)
def _version(path: Path, changed_ns: int) -> str:  # noqa: ARG001 (part of the key: a rebuilt file gets a new version)
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def asset_url(name: str) -> str:
    """Return the address of a shared file with its version, such as ``/vendor/tokens.css?v=1f0c...``.

    Raises FileNotFoundError if there is no such file.
    """
    path = _find(name)
    if path is None:
        raise FileNotFoundError(f"no shared asset is called {name!r}; they are the files under shared/web/assets")
    return f"/vendor/{name}?v={_version(path, path.stat().st_mtime_ns)}"


@vendor.get("/vendor/<path:name>")
def serve(name: str) -> Response:
    """Send a shared file, compressed where the browser takes it and a variant lies beside it."""
    path = _find(name) if "\x00" not in name else None
    if path is None or path.suffix in {".br", ".gz"}:
        abort(404)
    version = _version(path, path.stat().st_mtime_ns)
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    body, encoding = _variant(path)
    response = send_file(body, mimetype=kind, conditional=True, etag=f"{version}{'-' + encoding if encoding else ''}", max_age=None)
    if encoding:
        response.headers["Content-Encoding"] = encoding
    response.headers["Vary"] = "Accept-Encoding"
    if request.args.get("v") == version or path.suffix == ".woff2":  # a style sheet names its fonts without a version; a font never changes
        response.headers["Cache-Control"] = f"public, max-age={_YEAR}, immutable"
    else:
        response.headers["Cache-Control"] = "public, max-age=0, must-revalidate"
    return response


@vendor.get("/favicon.ico")
def favicon() -> Response:
    """Send the mark to browsers that ask for it unasked."""
    return serve("mark.svg")


def _variant(path: Path) -> tuple[Path, str | None]:
    """Return the file to send and its encoding; a variant of another state of the file is passed over."""
    for encoding, suffix in _ENCODINGS:
        packed = path.with_name(path.name + suffix)
        if request.accept_encodings[encoding] > 0 and packed.is_file() and _same(path, packed, path.stat().st_mtime_ns, packed.stat().st_mtime_ns):
            return packed, encoding
    return path, None


@lru_cache(maxsize=512)
def _same(path: Path, packed: Path, *_changed_ns: int) -> bool:
    """Say whether ``packed`` holds ``path``; times of change cannot tell, a checkout sets them at random."""
    content = packed.read_bytes()
    try:
        return (brotli.decompress(content) if packed.suffix == ".br" else gzip.decompress(content)) == path.read_bytes()
    except (brotli.error, OSError, EOFError, zlib.error) as error:
        log.warning("%s cannot be unpacked and is passed over: %s", packed.name, error)
        return False
