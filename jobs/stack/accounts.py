"""Which account the embedded PostgreSQL runs as, and where it can reach its files.

PostgreSQL refuses to run as root.  As root it is run as ``postgres`` or ``nobody``; what that account could not walk to (a checkout below a
private home) is staged under a root-owned folder, so that nobody else can plant files there.
"""

import hashlib
import os
import pwd
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from jobs.stack.errors import StackError

STAGING = Path("/var/lib/northline-bi")


@dataclass(frozen=True)
class Account:
    """The account that a server runs as; None for the ids: the account we are."""

    uid: int | None = None
    gid: int | None = None

    def popen(self) -> dict[str, object]:
        """Return the arguments that make ``subprocess.Popen`` run a program as this account."""
        return {} if self.uid is None else {"user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, path: Path) -> None:
        """Make ``path`` belong to this account."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def place(self, folder: Path) -> Path:
        """Return where ``folder`` can live so that this account reaches it: itself, or a staged one of its own."""
        folder = folder.resolve()
        if self.uid is None or _reachable(_nearest_existing(folder)):
            return folder
        return _staging("data") / _digest(str(folder))

    def place_program(self, package: Path) -> Path:
        """Return a copy of the installed ``package`` that this account can run; ``package`` itself where it can already."""
        package = package.resolve()
        if self.uid is None or _reachable(package):
            return package
        copy = _staging("programs") / _digest(f"{package}{package.stat().st_mtime_ns}")
        if not copy.exists():
            draft = copy.with_name(f"{copy.name}.{os.getpid()}")
            shutil.copytree(package, draft / package.name, symlinks=True)
            libraries = package.parent / f"{package.name}.libs"  # auditwheel's, found relative to the package
            if libraries.exists():
                shutil.copytree(libraries, draft / libraries.name, symlinks=True)
            draft.chmod(0o755)
            try:
                draft.rename(copy)
            except OSError:  # another start was quicker
                shutil.rmtree(draft)
        return copy / package.name


def server_account() -> Account:
    """Return the account for PostgreSQL.

    Raises StackError where we are root and the machine has neither ``postgres`` nor ``nobody``.
    """
    if os.geteuid() != 0:
        return Account()
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise StackError("PostgreSQL refuses to run as root and this machine has no account named postgres or nobody; run make run as an ordinary user")


def _staging(kind: str) -> Path:
    folder = STAGING / kind
    folder.mkdir(parents=True, exist_ok=True)
    for step in (STAGING, folder):
        if step.stat().st_uid != 0:
            raise StackError(f"{step} does not belong to root; remove it, or run make run as an ordinary user")
        step.chmod(0o755)
    return folder


def _nearest_existing(path: Path) -> Path:
    return next(step for step in (path, *path.parents) if step.exists())


def _reachable(path: Path) -> bool:
    """Say whether any account can walk to ``path``."""
    return all(step.stat().st_mode & stat.S_IXOTH for step in (path, *path.parents) if step.is_dir())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
