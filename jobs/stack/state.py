"""The state folder: who runs, what was generated, is there room."""

import fcntl
import json
import os
import secrets
import shutil
from pathlib import Path
from typing import IO, Any

from jobs.stack.accounts import Account
from jobs.stack.errors import StackError

ROOM_TO_BEGIN = 3_000_000_000
"""Bytes that a first start needs for databases, their copies and logs (the standard demo company takes about half)."""
ROOM_TO_GO_ON = 300_000_000


class State:
    """The files of one platform below ``folder``."""

    def __init__(self, folder: Path) -> None:
        """Make the folder; only this account may look into it (the server's account may walk through)."""
        self.folder = folder.resolve()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.folder.chmod(0o711)
        except OSError as error:
            raise StackError(f"{self.folder} cannot be used for state ({error.strerror}); give it to this account, or set STATE_DIR to a folder of yours") from error
        self._lock: IO[str] | None = None

    @property
    def platform_file(self) -> Path:
        """Where a demo platform tells programs how to reach it."""
        return self.folder / "platform.json"

    @property
    def _run_file(self) -> Path:
        return self.folder / "run.json"

    # --- who runs

    def take(self) -> None:
        """Hold the folder until this process ends.  Raises StackError if another one does."""
        self._lock = (self.folder / "lock").open("a")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # goes with the process, so it is never stale
        except OSError as error:
            self.release()
            owner = self.run().get("pid", "?")
            raise StackError(f"the platform is already running (process {owner}); make stop ends it, or set STATE_DIR and other ports for a second one") from error

    def release(self) -> None:
        """End ``take``."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def is_taken(self) -> bool:
        """Say whether a running platform holds the folder."""
        with (self.folder / "lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return True
        return False

    def run(self) -> dict[str, Any]:
        """Return what the running (or last) platform wrote of itself; empty: nothing."""
        try:
            found: dict[str, Any] = json.loads(self._run_file.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return {}
        return found

    @property
    def environment_file(self) -> Path:
        """Where a running platform keeps the settings of its processes for commands typed meanwhile."""
        return self.folder / "environment.json"

    def write_run(self, **values: object) -> None:
        """Write what a later `make stop` or `make run` must know."""
        self.write_private(self._run_file, json.dumps({**values, "pid": os.getpid()}, indent=1))

    # --- files of ours

    def write_private(self, path: Path, text: str) -> None:
        """Replace ``path`` by ``text``, readable for this account only."""
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.unlink(missing_ok=True)
        try:
            with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
                file.write(text)
            draft.replace(path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise StackError(f"{path} cannot be written: {error.strerror}; make room or give the folder to this account") from error

    def secret(self, name: str, given: str | None, make: str | None = None) -> str:
        """Return ``given``, or what was kept under ``name``, or keep ``make`` (None: a random one)."""
        if given:
            return given
        path = self.folder / "secrets.json"
        kept: dict[str, str] = {}
        if path.exists():
            try:
                kept = json.loads(path.read_text())
            except json.JSONDecodeError as error:
                raise StackError(f"{path} is not readable ({error}); restore it, or remove it to have new secrets made (everybody signs in anew)") from error
        if name not in kept:
            kept[name] = make or secrets.token_urlsafe(36)
            self.write_private(path, json.dumps(kept, indent=1))
        return kept[name]

    # --- room

    def check_room(self) -> None:
        """Raise StackError if the disk is too full to start."""
        first = not (self.folder / "prepared").exists()
        need = ROOM_TO_BEGIN if first else ROOM_TO_GO_ON
        free = shutil.disk_usage(self.folder).free
        if free < need:
            raise StackError(f"{self.folder} has {free / 1e9:.1f} GB free and {'a first start' if first else 'a start'} needs {need / 1e9:.1f} GB;"
                             " make room, or set STATE_DIR to a folder on another disk")

    def is_short_of_room(self) -> bool:
        """Say whether the disk is about to be full."""
        return shutil.disk_usage(self.folder).free < ROOM_TO_GO_ON / 3

    def forget(self, account: Account) -> None:
        """Remove everything, also what had to be staged elsewhere.  Raises StackError while the platform runs."""
        if self.is_taken():
            raise StackError("the platform is running; make stop first")
        staged = account.place(self.folder / "postgres")
        for folder in (staged, self.folder):
            if folder.exists():
                shutil.rmtree(folder)


def running_environment(folder: Path) -> dict[str, str]:
    """Return the settings of the platform that runs on ``folder``; empty: none runs, or it is somebody else's."""
    path = folder / "environment.json"
    if not path.exists() or not os.access(path, os.R_OK) or not State(folder).is_taken():
        return {}
    found: dict[str, str] = json.loads(path.read_text())
    return found
