"""The web layer that both sites stand on: sign-in, the gate, headers, errors, health, vendor files, people's pages and the API.

Knows Flask and no Dash: an app calls ``install(server, ...)`` (and ``install_api`` where programs may ask), and reads ``g.person`` and ``g.scope`` in its pages.
"""

from shared.web.api import install_api
from shared.web.installation import install
from shared.web.vendor import asset_url

__all__ = ["asset_url", "install", "install_api"]
