"""What gunicorn serves: ``cmo_app.wsgi:server``."""

from cmo_app.app import create_app
from shared.cache import Cache
from shared.metrics.ask import CachedAsk
from shared.settings import load_settings
from shared.warehouse.engines import Engines

_settings = load_settings()
_engines = Engines(_settings)
app = create_app(_settings, _engines, CachedAsk(_engines, Cache(_settings), _settings))
server = app.server
