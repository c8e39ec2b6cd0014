"""Chromium for the browser tests: found, or installed by apt where this account may."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def is_there() -> bool:
    """Say whether a browser and its driver are installed."""
    browser = os.environ.get("DASH_TEST_CHROMEPATH") or any(map(shutil.which, _BROWSERS)) or _MAC.exists()
    return bool(browser) and bool(os.environ.get("SE_CHROMEDRIVER") or shutil.which("chromedriver"))


def main() -> int:
    """Install what is missing; where that cannot be done, say what to do and go on (the browser tests are then skipped, or fail with REQUIRE_BROWSER=1)."""
    if is_there():
        return 0
    apt = shutil.which("apt-get")
    if apt and os.geteuid() == 0:
        print("Installing Chromium and its driver by apt", file=sys.stderr)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in ([apt, "-qq", "update"], [apt, "-qq", "install", "-y", "--no-install-recommends", "chromium", "chromium-driver"]):
            subprocess.run(command, check=False, env=environment, stdout=subprocess.DEVNULL)
    if not is_there():
        way = "apt-get install chromium chromium-driver (as root)" if apt else "install Google Chrome and chromedriver (brew install --cask google-chrome chromedriver)"
        print(f"The browser tests need Chromium and its driver and will be skipped: {way}.", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
