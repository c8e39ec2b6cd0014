"""The HTML around a page that React draws: the first response carries its data, its callbacks and a first paint."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

import orjson
from flask import request

from shared.web.islands import Islands
from shared.web.prerender import plain, prerender
from shared.web.site import site
from shared.web.vendor import asset_url

Theme = Literal["light", "dark"]
STYLES = ("vendor/bootstrap.min.css", "vendor/icons.css", "tokens.css", "site.css", "charts.css", "export.css")
SCRIPTS = ("figures.js", "spark.js", "shell.js", "send.js", "put.js", "patch.js", "live.js", "export.js")
PLOTLY = "vendor/plotly-bi.min.js"
FONT = "fonts/inter-latin-wght-normal.woff2"


@dataclass(frozen=True)
class Parts:
    """What Dash puts into its document."""

    metas: str
    config: str
    scripts: str
    renderer: str
    css: str


def theme_of_request() -> Theme | None:
    """Return the theme that this browser chose; None: not known yet, it follows the system."""
    chosen = request.cookies.get("theme")
    return "dark" if chosen == "dark" else "light" if chosen == "light" else None


def document(title: str, layout: object, dependencies: str, parts: Parts, *, styles: Sequence[str] = (), figures: bool = True) -> str:
    """Return the document of a page.

    ``layout``: the components of the page; ``dependencies``: the JSON of its callbacks; Dash's renderer would ask for both.  ``styles``: further stylesheet addresses;
    ``figures``: False for a page without plotly figures, which then does not load plotly.js early.
    """
    tree = plain(layout)
    islands = Islands(adopt=True)(tree)
    theme = theme_of_request()
    drawn_in = theme or "light"
    plotly = asset_url(PLOTLY)
    sheets = "".join(f'<link rel="stylesheet" href="{escape(address)}">' for address in (*map(asset_url, STYLES), *styles))
    scripts = [plotly] if figures else []
    scripts += [asset_url(name) for name in SCRIPTS]
    return f"""<!doctype html>
<html lang="en" data-bs-theme="{drawn_in}" data-drawn-in="{drawn_in}" data-theme-known="{'yes' if theme else 'no'}" data-plotly="{plotly}" data-zone="{escape(site().settings.company_time_zone)}">
<head>
{parts.metas}
<title>{escape(title)}</title>
<link rel="icon" href="{asset_url('mark.svg')}" type="image/svg+xml">
<link rel="preload" as="font" type="font/woff2" crossorigin href="{asset_url(FONT)}">
{sheets}{parts.css}
<script src="{asset_url('boot.js')}"></script>
{''.join(f'<script src="{address}" defer></script>' for address in scripts)}
{_deferred(parts.scripts)}
<script id="_dash-renderer" src="{asset_url('start.js')}" defer></script>
</head>
<body>
<div id="first-paint">{prerender(tree)}</div>
<div id="react-entry-point" hidden></div>
<noscript>This site needs JavaScript for its filters; the numbers above are those of the moment the page was loaded.</noscript>
<script id="inline-layout" type="application/json">{_inlined(orjson.dumps(islands).decode())}</script>
<script id="inline-dependencies" type="application/json">{_inlined(dependencies)}</script>
{parts.config}
</body>
</html>"""


def _inlined(json: str) -> str:
    """Return ``json`` so that nothing in it can end the script element or open a comment in it."""
    return json.replace("<", "\\u003c")


def _deferred(scripts: str) -> str:
    """Return Dash's script tags so that they are loaded beside the page and run after it, in order: nothing keeps the numbers from being painted."""
    return re.sub(r"\n\s*", "\n", scripts).replace("<script src=", "<script defer src=")
