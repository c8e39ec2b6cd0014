"""Computations that count how often they run."""

import threading
import time

import redis


class Count:
    """A computation that counts how often it runs."""

    def __init__(self, value: bytes = b"value", seconds: float = 0.0) -> None:
        self.value, self.seconds, self.times = value, seconds, 0
        self.begun = threading.Event()

    def __call__(self) -> bytes:
        self.times += 1
        self.begun.set()
        time.sleep(self.seconds)
        return self.value


def value_key(raw: redis.Redis, name: str) -> str:
    found = [key.decode() for key in raw.keys("*") if key.decode().endswith(f":{name}") and ":latest:" not in key.decode() and ":lock:" not in key.decode()]
    assert len(found) == 1
    return str(found[0])


# --- many at once


class Counts:
    """A computation of many that notes what it was asked for; a key named ``bad`` goes wrong."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.asked: list[list[str]] = []
        self.begun = threading.Event()

    def __call__(self, keys: list[str]) -> dict[str, bytes | Exception]:
        self.asked.append(keys)
        self.begun.set()
        time.sleep(self.seconds)
        return {key: ValueError("no such thing") if key == "bad" else key.encode() for key in keys}


def families(*keys: str) -> dict[str, str]:
    return {key: f"of {key}" for key in keys}
