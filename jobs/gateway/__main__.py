"""``python -m jobs.gateway``: the WebSocket gateway of live pages, on GATEWAY_PORT."""

import argparse
import asyncio
import gc
import logging
import resource
import sys

from jobs.gateway.server import serve
from shared.settings import SettingError, load_settings


def main() -> int:
    """Serve until a signal ends it; 1 with a sentence where it cannot start."""
    parser = argparse.ArgumentParser(prog="python -m jobs.gateway", description="The WebSocket gateway of live pages.")
    parser.add_argument("--port", type=int, help="listen here, not on GATEWAY_PORT (which is what browsers are told)")
    parser.add_argument("--share-port", action="store_true", help="let other gateways on this machine listen on the same port")
    arguments = parser.parse_args()
    try:
        settings = load_settings()
    except SettingError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    _allow_many_files()
    gc.freeze()  # what was imported is no garbage: collections while clients wait are shorter without it
    try:
        asyncio.run(serve(settings, port=arguments.port or settings.gateway_port, share_port=arguments.share_port))
    except OSError as error:
        sys.stderr.write(f"the gateway cannot listen on {settings.bind_host}:{arguments.port or settings.gateway_port}: {error.strerror}\n")
        return 1
    return 0


def _allow_many_files() -> None:
    """Take as many connections as the system lets this process have."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    sys.exit(main())
