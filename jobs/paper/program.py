"""Which Chromium draws, and how it is started: without network, without the secrets of this process, without a profile that outlives it."""

import os
from collections.abc import MutableMapping, Sequence
from typing import Final

from choreographer.browsers import Chromium

from jobs.stack.chromium import HOW_TO_INSTALL, find_browser
from shared.settings import Settings

_NOT_FOR_US: Final = frozenset({"--disable-web-security", "--allow-file-access-from-files"})
"""choreographer 1.4 switches these on for every page; ours loads nothing, so it needs no exception."""
_NO_NETWORK: Final = ("--proxy-server=127.0.0.1:1", "--proxy-bypass-list=<-loopback>", "--host-resolver-rules=MAP * ~NOTFOUND", "--disable-background-networking", "--no-pings", "--disable-default-apps")
_HANDED_ON: Final = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "FONTCONFIG_PATH", "FONTCONFIG_FILE", "XDG_CACHE_HOME", "LD_LIBRARY_PATH")


class NoBrowserError(RuntimeError):
    """There is no Chromium; the message says how to install it."""


class Program(Chromium):
    """choreographer's Chromium with a command line and an environment of our own."""

    def get_cli(self) -> Sequence[str]:
        """Return the command line."""
        return [*(part for part in super().get_cli() if part not in _NOT_FOR_US), *_NO_NETWORK, "about:blank"]

    def get_env(self) -> MutableMapping[str, str]:
        """Return the environment: nothing of this process's settings, which hold passwords."""
        return {name: os.environ[name] for name in _HANDED_ON if name in os.environ}


def path_of_browser(settings: Settings) -> str:
    """Return the path of Chromium.  Raises NoBrowserError."""
    found = settings.chromium_path or find_browser()
    if not found or not os.access(found, os.X_OK):
        raise NoBrowserError(f"Pictures and PDF need Chromium, which is not installed where the worker runs. An administrator can install it: {HOW_TO_INSTALL}. Excel and CSV work without it.")
    return found


def may_be_sandboxed(settings: Settings) -> bool:
    """Say whether Chromium's own sandbox can be used: never as root, and not where a container is the sandbox."""
    return settings.chromium_sandbox and os.geteuid() != 0
