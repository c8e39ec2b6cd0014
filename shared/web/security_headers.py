"""Headers that tell the browser what a page of ours may load, embed and keep."""

from urllib.parse import urlsplit

from flask import Response, request

from shared.web.site import Site, site, url_of_gateway


def add_headers(response: Response) -> Response:
    """Add the headers that every response carries and those of HTML and JSON."""
    headers = response.headers
    headers["X-Content-Type-Options"] = "nosniff"
    # Not no-referrer: Dash's own requests for the layout are told apart by it.
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    headers["X-Frame-Options"] = "DENY"
    here = site()
    if here.settings.secure_cookies and request.is_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if response.mimetype == "text/html":
        headers["Content-Security-Policy"] = _policy(here)
    else:
        headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    if response.mimetype in {"text/html", "application/json"} and "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
    return response


def _policy(here: Site) -> str:
    gateway = urlsplit(url_of_gateway() or "")
    return "; ".join((
        "default-src 'self'",
        " ".join(("script-src 'self'", *here.csp_hashes())),
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self'" + (f" {gateway.scheme}://{gateway.netloc}" if gateway.netloc else ""),
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ))
