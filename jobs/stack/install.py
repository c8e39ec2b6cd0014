"""Makes .venv and installs what requirements.lock names; ``python3 jobs/stack/install.py`` (make does so before everything).

Runs on the system's Python, before anything is installed: standard library only, and no syntax newer than that of an old python3, so that it can
say what is missing.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements.lock"
UV_LOCK = Path(__file__).with_name("uv.lock.txt")
MARK = VENV / "installed"
OLDEST, NEWEST = (3, 11), (3, 13)


def main() -> int:
    """Install unless this very lock is installed already; say what stands in the way in one sentence."""
    try:
        if not up_to_date():
            install()
    except InstallError as error:
        sys.stderr.write("\nmake install: %s\n" % error)
        return 1
    return 0


class InstallError(Exception):
    """What stands in the way, and the way out."""


def wanted() -> str:
    """Return what changes whenever something else must be installed."""
    return hashlib.sha256(LOCK.read_bytes() + UV_LOCK.read_bytes()).hexdigest()


def up_to_date() -> bool:
    """Say whether .venv works and holds what the lock names."""
    return MARK.exists() and MARK.read_text() == wanted() and works(PYTHON)


def install() -> None:
    """Make .venv and install into it.  Raises InstallError."""
    if not works(PYTHON):
        check_python()
        shutil.rmtree(str(VENV), ignore_errors=True)
        make_venv()
    elif MARK.exists():
        MARK.unlink()
    say("Installing the installer (uv)")
    run([str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", str(UV_LOCK)], dict(os.environ))
    say("Installing the locked packages")
    run([str(PYTHON), "-m", "uv", "pip", "install", "--no-config", "--require-hashes", "--python", str(PYTHON), "-r", str(LOCK)], uv_environment())
    MARK.write_text(wanted())


def check_python() -> None:
    """Refuse a Python that the lock was not made for."""
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        raise InstallError(
            "this is Python %s and the platform needs 3.11, 3.12 or 3.13. Install one of them and name it: make run PYTHON=python3.12"
            % platform.python_version()
        )


def make_venv() -> None:
    """Make .venv; Debian's python3 comes without the part that puts pip into it."""
    say("Creating .venv with Python %s" % platform.python_version())
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        raise InstallError(
            "python3 has no venv module. Install it: apt-get install python3-venv" + ("" if os.geteuid() == 0 else " (with sudo)") + ", then try again."
        ) from None
    run([sys.executable, "-m", "venv", str(VENV)], dict(os.environ))


def uv_environment() -> dict:  # type: ignore[type-arg]
    """Return an environment in which uv asks where pip would ask: uv does not read pip's settings."""
    environment = dict(os.environ)
    answer = subprocess.run([str(PYTHON), "-m", "pip", "config", "list"], check=False, stdout=subprocess.PIPE, universal_newlines=True)
    found = {}
    for line in answer.stdout.splitlines():
        name, _, value = line.partition("=")
        found[name.split(".")[-1].replace("_", "-")] = value.strip().strip("'\"").replace("\\n", " ")
    for theirs, ours in (("index-url", "UV_DEFAULT_INDEX"), ("extra-index-url", "UV_INDEX"), ("find-links", "UV_FIND_LINKS"), ("cert", "SSL_CERT_FILE")):
        if theirs in found:
            value = found[theirs]
            environment.setdefault(ours, ",".join(value.split()) if ours == "UV_FIND_LINKS" else value)
    if "UV_INDEX" in environment:
        environment.setdefault("UV_INDEX_STRATEGY", "unsafe-best-match")  # pip's way; every file is checked against the lock's hashes
    environment.setdefault("UV_HTTP_TIMEOUT", "120")
    environment.pop("VIRTUAL_ENV", None)
    return environment


def run(command: list, environment: dict) -> None:  # type: ignore[type-arg]
    """Run ``command``; raise InstallError if it fails."""
    done = subprocess.run(command, check=False, env=environment, cwd=str(ROOT))
    if done.returncode:
        full = shutil.disk_usage(str(ROOT)).free < 1000000000
        raise InstallError(
            "%s ended with exit code %d (see above). %s"
            % (
                " ".join(command[1:4]),
                done.returncode,
                "The disk is almost full: make room." if full else "Check that the package index can be reached (PIP_INDEX_URL names another one), then try again.",
            )
        )


def works(python: Path) -> bool:
    """Say whether this interpreter runs and is of a version that we run on (a .venv outlives neither a move nor an upgrade of Python)."""
    if not python.exists():
        return False
    question = "import sys, pip; print(*sys.version_info[:2])"
    answer = subprocess.run([str(python), "-c", question], check=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, universal_newlines=True)
    return answer.returncode == 0 and OLDEST <= tuple(map(int, answer.stdout.split())) <= NEWEST


def say(text: str) -> None:
    """Tell the person what goes on."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
