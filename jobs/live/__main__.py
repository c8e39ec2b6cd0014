"""``python -m jobs.live``: the live worker, until SIGTERM or SIGINT.  Any number may run; one leads."""

import logging
import signal
import sys

from jobs.live.worker import LiveWorker
from shared.settings import SettingError, load_settings


def main() -> int:
    """Run; return 0 after an ordinary end, 1 where a setting cannot be used."""
    try:
        settings = load_settings()
    except SettingError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    worker = LiveWorker(settings)
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: worker.stop())
    worker.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
