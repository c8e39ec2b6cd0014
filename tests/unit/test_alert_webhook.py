"""Which addresses a webhook may have."""

import hashlib
import hmac
import socket
import threading
import time
from contextlib import suppress

import pytest

from shared.alerts.webhook import Place, WebhookFailedError, WebhookRefusedError, call, is_public, place_of, signature


@pytest.mark.parametrize("address", [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1",  # noqa: S104 - refused, not bound
    "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1", "2002:7f00:1::", "2002:a00:1::",
    "::127.0.0.1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "64:ff9b:1::7f00:1", "::ffff:0:127.0.0.1", "fec0::1", "3fff::1", "192.0.0.8", "192.88.99.1", "not an address"])
def test_an_address_inside_is_refused(address: str) -> None:
    assert not is_public(address)
    with pytest.raises(WebhookRefusedError, match="not a public address"):
        place_of("https://hook.example.com/x", resolve=lambda *_: [address])


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_a_public_address_is_called_at_what_was_resolved(address: str) -> None:
    place = place_of("https://hook.example.com/a?b=1", resolve=lambda *_: [address])
    assert (place.address, place.host, place.port, place.path, place.is_secure) == (address, "hook.example.com", 443, "/a?b=1", True)


def test_one_inner_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(WebhookRefusedError):
        place_of("https://hook.example.com/", resolve=lambda *_: ["8.8.8.8", "10.0.0.1"])


@pytest.mark.parametrize("url", ["http://hook.example.com/", "file:///etc/passwd", "gopher://hook.example.com/", "https://user:secret@hook.example.com/", "https://", "https:///x",
                                 "https://hook.example.com/\r\nHost: inside", "https://hook.example.com\\@inside/", "https://hook.example.com:99999/", "https://[::1/", "https://hook.example.com/" + "x" * 600])
def test_an_address_that_is_no_plain_https_is_refused(url: str) -> None:
    with pytest.raises(WebhookRefusedError):
        place_of(url, resolve=lambda *_: ["8.8.8.8"])


@pytest.mark.parametrize("url", ["https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://2130706433/", "https://0x7f000001/", "https://127.1/", "https://localhost./"])
def test_this_machine_is_refused_however_it_is_written(url: str) -> None:
    with pytest.raises((WebhookRefusedError, OSError)):
        place_of(url)


def test_a_receiver_that_answers_a_byte_at_a_time_is_cut_off() -> None:
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        def drip() -> None:
            taken.append(server.accept()[0])
            with suppress(OSError):
                for _ in range(100):
                    taken[0].sendall(b"H")
                    time.sleep(0.05)

        thread = threading.Thread(target=drip)
        thread.start()
        with pytest.raises(WebhookFailedError, match="did not take it"):
            call(Place(is_secure=False, host="slow", address="127.0.0.1", port=server.getsockname()[1], path="/"), b"{}", "key", "secret", 1, longest=0.2)
        thread.join(10)
        taken[0].close()
    assert not thread.is_alive()


def test_a_named_host_inside_may_be_called_without_https() -> None:
    assert place_of("http://inside:8080/x", ["inside:8080"], lambda *_: ["10.0.0.1"]).address == "10.0.0.1"
    with pytest.raises(WebhookRefusedError):
        place_of("http://inside:8081/x", ["inside:8080"], lambda *_: ["10.0.0.1"])


def test_the_signature_is_over_moment_and_body() -> None:
    expected = hmac.new(b"secret", b'1700000000.{"a":1}', hashlib.sha256).hexdigest()
    assert signature(b'{"a":1}', "secret", 1_700_000_000) == f"t=1700000000,v1={expected}"
