"""Chromium, which draws exported pictures and PDF and runs the browser tests: found, or installed by apt where this account may."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
HOW_TO_INSTALL = "apt-get install chromium (as root), or set CHROMIUM_PATH"


def find_browser() -> str:
    """Return the path of an installed browser; empty: there is none."""
    found = os.environ.get("DASH_TEST_CHROMEPATH") or next(filter(None, map(shutil.which, _BROWSERS)), "")
    return found or (str(_MAC) if _MAC.exists() else "")


def is_there(*, driver: bool = True) -> bool:
    """Say whether a browser (and its ``driver``) is installed."""
    return bool(find_browser()) and (not driver or bool(os.environ.get("SE_CHROMEDRIVER") or shutil.which("chromedriver")))


def can_install() -> bool:
    """Say whether this account may install what is missing."""
    return bool(shutil.which("apt-get")) and os.geteuid() == 0


def install(*packages: str) -> None:
    """Install ``packages`` by apt; what apt says goes to standard error."""
    print("Installing Chromium by apt", file=sys.stderr)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "-qq", "update"], ["apt-get", "-qq", "install", "-y", "--no-install-recommends", *packages]):
        subprocess.run(command, check=False, env=environment, stdout=subprocess.DEVNULL)


def main(arguments: list[str]) -> int:
    """Install what is missing (``--browser``: without the driver); where that cannot be done, say what to do and go on.

    Without a browser exports of pictures and PDF are refused in words, and browser tests are skipped, or fail with REQUIRE_BROWSER=1.
    """
    driver = "--browser" not in arguments
    if is_there(driver=driver):
        return 0
    if can_install():
        install("chromium", *(["chromium-driver"] if driver else []))
    if not is_there(driver=driver):
        names = "chromium chromium-driver" if driver else "chromium"
        way = f"apt-get install {names} (as root)" if shutil.which("apt-get") else "install Google Chrome and chromedriver (brew install --cask google-chrome chromedriver)"
        lacking = "The browser tests need Chromium and its driver and will be skipped" if driver else "Exported pictures and PDF need Chromium; until it is there, Excel and CSV work"
        print(f"{lacking}: {way}.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
