"""`make run`, `make stop` and `make reset`: ``python -m jobs.stack run [--detach] | stop | reset``."""

import argparse
import sys

from jobs.stack.errors import StackError
from shared.settings import SettingError


def main() -> int:
    """Do what the command line says; an expected failure is one sentence and exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m jobs.stack", description="The platform on this machine.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="start everything and stay; Ctrl-C stops it")
    run.add_argument("--detach", action="store_true", help="return when everything is ready; `stop` ends it")
    commands.add_parser("stop", help="stop a detached platform, orderly")
    reset = commands.add_parser("reset", help="forget all state")
    reset.add_argument("--yes", action="store_true", help="do not ask")
    arguments = parser.parse_args()
    from jobs.stack import commands as do

    try:
        if arguments.command == "run":
            return do.run_detached() if arguments.detach else do.run()
        if arguments.command == "stop":
            return do.stop()
        return do.reset(sure=arguments.yes)
    except (StackError, SettingError) as error:
        print(f"\nmake {arguments.command}: {error}.".replace("..", "."), file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
