"""A static page with the same first paint, styles, figures and plotly bundle as a page of the site: what no framework can be quicker than."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import brotli

_ASSETS = Path(__file__).resolve().parents[1]
_FOLDERS = {"/vendor/": (_ASSETS / "shared/web/assets", _ASSETS / "shared/web/page_assets"), "/assets/": (_ASSETS / "bi_app/assets",)}
_TYPES = {".js": "text/javascript", ".css": "text/css", ".woff2": "font/woff2", ".svg": "image/svg+xml", ".geojson": "application/json"}
_DRAW = """
const boxes = document.querySelectorAll("#first-paint .chart");
JSON.parse(document.getElementById("figures").textContent).forEach((figure, i) => Plotly.newPlot(boxes[i], figure.data, figure.layout, {displayModeBar: false, responsive: true}));
"""


def figures(layout: object) -> Iterator[dict[str, Any]]:
    """Every figure of a layout, in the order in which it stands on the page."""
    if isinstance(layout, list):
        for child in layout:
            yield from figures(child)
    elif isinstance(layout, dict):
        props = layout.get("props", {})
        if layout.get("type") == "Figure":
            yield props["figure"]
        else:
            yield from figures(props.get("children"))


def build(document: str) -> tuple[str, int]:
    """Return the static twin of a page of the site, and how many figures it draws."""
    found = re.search(r'<script id="inline-layout" type="application/json">(.*?)</script>', document, re.DOTALL)
    paint = re.search(r'(<div id="first-paint">.*)<div id="react-entry-point"', document, re.DOTALL)
    bundle = re.search(r'data-plotly="([^"]+)"', document)
    if found is None or paint is None or bundle is None:
        raise RuntimeError("the page is not as it was when this benchmark was written: no inline layout, first paint or bundle")
    drawn = list(figures(json.loads(found.group(1))))
    head = re.sub(r"<script.*?</script>", "", document[: document.index("</head>")], flags=re.DOTALL)
    data = json.dumps(drawn).replace("<", "\\u003c")
    return (f'{head}</head><body>{paint.group(1)}<script id="figures" type="application/json">{data}</script>'
            f'<script src="{bundle.group(1)}"></script><script>{_DRAW}</script></body></html>'), len(drawn)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, page: bytes, *arguments: Any) -> None:
        self.page = page
        super().__init__(*arguments)

    def do_GET(self) -> None:
        path = unquote(urlsplit(self.path).path)
        if path == "/":
            self._send(self.page, "text/html; charset=utf-8", compressed=True, seconds=0)
            return
        for prefix, folders in _FOLDERS.items():
            for folder in folders:
                file = folder / path.removeprefix(prefix)
                if path.startswith(prefix) and file.is_file():
                    packed = file.with_name(f"{file.name}.br")
                    self._send((packed if packed.exists() else file).read_bytes(), _TYPES.get(file.suffix, "application/octet-stream"), compressed=packed.exists(), seconds=31_536_000)
                    return
        self.send_error(404)

    def _send(self, body: bytes, kind: str, *, compressed: bool, seconds: int) -> None:
        self.send_response(200)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), "Cache-Control": f"public, max-age={seconds}"}.items():
            self.send_header(name, value)
        if compressed:
            self.send_header("Content-Encoding", "br")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serve(html: str) -> Iterator[str]:
    """Serve ``html`` and the site's own static files; yield the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, brotli.compress(html.encode(), quality=5)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
