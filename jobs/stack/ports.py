"""Ports of this machine: free ones, taken ones."""

import socket

LOCAL = "127.0.0.1"


def is_free(port: int, host: str = LOCAL) -> bool:
    """Say whether a server could listen on ``port`` of ``host`` right now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT is free
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((LOCAL, 0))
        return int(probe.getsockname()[1])


def prefer(port: int) -> int:
    """Return ``port`` if it is free, else any free one."""
    return port if is_free(port) else free_port()
