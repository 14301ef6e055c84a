"""Listen addresses."""

import socket

import pytest

from boks_exporter.errors import ListenError
from boks_exporter.web.listen import shown, sockets_for


def reaches(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=2):
            return True
    except OSError:
        return False


def test_a_host_and_a_port_are_listened_on() -> None:
    """Port 0 takes any free one, and the address shown is the real one."""
    (listening,) = sockets_for(["127.0.0.1:0"])
    with listening:
        port = listening.getsockname()[1]
        assert shown(listening) == f"127.0.0.1:{port}"
        assert port > 0
        assert reaches("127.0.0.1", port)


@pytest.mark.parametrize("address", [":0", "[::]:0"])
def test_no_host_is_every_host(address: str) -> None:
    """One socket takes IPv4 and IPv6."""
    (listening,) = sockets_for([address])
    with listening:
        port = listening.getsockname()[1]
        assert shown(listening) == f"[::]:{port}"
        assert reaches("127.0.0.1", port)
        assert reaches("::1", port)


def test_a_machine_without_ipv6_is_listened_on_by_ipv4(monkeypatch: pytest.MonkeyPatch) -> None:
    """No host is every host there, too."""
    monkeypatch.setattr(socket, "has_dualstack_ipv6", lambda: False)
    (listening,) = sockets_for([":0"])
    with listening:
        assert shown(listening).startswith("0.0.0.0:")


def test_a_name_is_listened_on_by_ipv4_first() -> None:
    """A name such as localhost has several addresses; one of them is taken, as Prometheus does it."""
    (listening,) = sockets_for(["localhost:0"])
    with listening:
        assert shown(listening).startswith("127.0.0.1:")


def test_ipv6_alone_is_listened_on_without_ipv4() -> None:
    """A literal address means itself."""
    (listening,) = sockets_for(["[::1]:0"])
    with listening:
        port = listening.getsockname()[1]
        assert shown(listening) == f"[::1]:{port}"
        assert not reaches("127.0.0.1", port)


def test_an_address_in_use_is_named() -> None:
    """The error tells which one, why, and where to look; the others are closed again."""
    (first,) = sockets_for(["127.0.0.1:0"])
    with first:
        taken = shown(first)
        with pytest.raises(ListenError) as caught:
            sockets_for(["127.0.0.1:0", taken])
        assert str(caught.value) == (
            f"cannot listen on {taken}: Address already in use; "
            "another program listens there, possibly another exporter"
        )


def test_an_address_of_another_machine_is_refused() -> None:
    """192.0.2.1 is assigned to no machine (RFC 5737)."""
    with pytest.raises(ListenError, match=r"^cannot listen on 192\.0\.2\.1:0: Cannot assign requested address"):
        sockets_for(["192.0.2.1:0"])


def test_an_unknown_name_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown host name is an error that names it."""

    def not_found(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", not_found)
    with pytest.raises(ListenError, match=r"^cannot listen on absent:0: unknown host: Name or service"):
        sockets_for(["absent:0"])


def test_what_can_be_no_name_is_refused() -> None:
    """A name with an empty part never gets as far as a name server."""
    with pytest.raises(ListenError, match=r"^cannot listen on a\.\.b:0: unknown host"):
        sockets_for(["a..b:0"])


@pytest.mark.parametrize(
    "address", ["", "9100", "localhost", "::1:9100", "[::1]", "h:99999", "h:port", "a:b:1", "http://h:1"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    """The message tells the three forms."""
    with pytest.raises(ListenError) as caught:
        sockets_for([address])
    assert caught.value.reason == (
        f"expected host:port, :port or [::]:port, the port from 0 (any free one) to 65535, found {address!r}"
    )
