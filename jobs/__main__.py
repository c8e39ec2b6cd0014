"""The command line: ``python -m jobs --help``."""

from jobs.command_line import main

if __name__ == "__main__":
    main()
