"""Name resolution: limits, the last good addresses, and slow names that delay no other."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.transport.ssh.resolver import CONCURRENT_LOOKUPS, CONCURRENT_SLOW_LOOKUPS, Resolver, is_address

FOUND = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 22))]
ADDRESSES = ((socket.AF_INET, ("192.0.2.1", 22)),)


class Names:
    """A resolver of the system whose answers are held back, or fail."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.silent: set[str] = set()
        self.fails: dict[str, OSError] = {}
        self.asked: list[str] = []

    def __call__(self, host: str, *_: Any) -> list[Any]:
        self.asked.append(host)
        if host in self.silent:
            self.release.wait(30)
        if host in self.fails:
            raise self.fails[host]
        return FOUND


@pytest.fixture
def names() -> Iterator[Names]:
    names = Names()
    yield names
    names.release.set()


async def failure(resolver: Resolver, host: str) -> TransportError:
    with pytest.raises(TransportError) as failed:
        await resolver.addresses(host, 22)
    return failed.value


@pytest.mark.parametrize(
    "host", ["a..b", ".a", "x" * 64, "x" * 300, "\udcff", "a\0b", "fe80::1%nowhere", "fe80::1%" + "x" * 99]
)
async def test_what_cannot_be_a_name_is_an_unknown_name(host: str) -> None:
    """A master can list it, and a file can hold it; it ended the exporter."""
    assert (await failure(Resolver(), host)).reason is FailureReason.DNS


async def test_a_silent_resolver_costs_its_own_host_only(names: Names) -> None:
    """Hundreds of names without an answer fail within the limit, and a name that resolves is found meanwhile."""
    resolver = Resolver(limit=0.2, lookup=names)
    silent = [f"silent{number}" for number in range(4 * CONCURRENT_LOOKUPS)]
    names.silent.update(silent)
    for _ in range(2):
        failures = asyncio.gather(*(failure(resolver, name) for name in silent))
        await asyncio.sleep(0)
        waiting = await failures
        assert {each.reason for each in waiting} == {FailureReason.DNS}
        assert await resolver.addresses("known", 22) == ADDRESSES


async def test_a_name_without_an_answer_has_one_thread_at_most(names: Names) -> None:
    """A lookup cannot be cancelled, so a second one is not started at the same time."""
    resolver = Resolver(limit=0.05, lookup=names)
    names.silent.add("silent")
    for _ in range(5):
        await failure(resolver, "silent")
    assert names.asked == ["silent"]


async def test_slow_names_are_looked_up_a_few_at_a_time(names: Names) -> None:
    """The second attempts of many slow names start no more threads than allowed."""
    resolver = Resolver(limit=0.1, lookup=names)
    slow = [f"slow{number}" for number in range(3 * CONCURRENT_SLOW_LOOKUPS)]
    names.silent.update(slow)
    await asyncio.gather(*(failure(resolver, name) for name in slow))
    names.release.set()
    await asyncio.sleep(0.1)
    names.release.clear()
    names.asked.clear()
    await asyncio.gather(*(resolver.addresses(name, 22) for name in slow))
    assert len(names.asked) == CONCURRENT_SLOW_LOOKUPS


async def test_the_last_good_address_serves_while_the_resolver_is_silent(names: Names) -> None:
    """A DNS server that is down takes no host away that was known before."""
    resolver = Resolver(limit=0.05, lookup=names)
    assert await resolver.addresses("host", 22) == ADDRESSES
    names.silent.add("host")
    assert await resolver.addresses("host", 22) == ADDRESSES
    names.fails["host"] = socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
    names.silent.clear()
    names.release.set()
    await asyncio.sleep(0.05)
    assert await resolver.addresses("host", 22) == ADDRESSES


async def test_a_name_that_no_longer_exists_is_not_served_from_memory(names: Names) -> None:
    """The resolver's answer counts, and contradicts the old address."""
    resolver = Resolver(lookup=names)
    await resolver.addresses("host", 22)
    names.fails["host"] = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    failed = await failure(resolver, "host")
    assert (failed.reason, failed.detail) == (FailureReason.DNS, "host: name or service not known")


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "fe80::1%lo"])
async def test_an_address_needs_no_resolver(names: Names, address: str) -> None:
    """Addresses work while no name can be looked up, those with a scope included."""
    found = await Resolver(lookup=names).addresses(address, 22)
    assert [each[1][0] for each in found] == [address.partition("%")[0]]
    assert ("%" in address) == (len(found[0][1]) == 4 and found[0][1][3] == socket.if_nametoindex("lo"))
    assert names.asked == []


async def test_a_link_local_address_without_its_interface_is_a_local_fault(names: Names) -> None:
    """The system's own message ("invalid argument") would blame the host."""
    with pytest.raises(TransportError, match="fe80::1%eth0") as failed:
        await Resolver(lookup=names).addresses("fe80::1", 22)
    assert failed.value.reason is FailureReason.LOCAL


def test_what_is_an_address() -> None:
    """A name of digits and dots that is no address goes to the resolver."""
    assert [is_address(text) for text in ("192.0.2.1", "::1", "fe80::1%eth0", "192.0.2", "host", "")] == [
        True, True, True, False, False, False,
    ]  # fmt: skip


async def test_a_late_failure_of_a_lookup_that_was_given_up_is_no_error_of_the_loop(names: Names) -> None:
    """Nothing about it reaches the exception handler of the loop."""
    reported: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
    resolver = Resolver(limit=0.02, lookup=names)
    names.silent.add("host")
    names.fails["host"] = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    await failure(resolver, "host")
    names.release.set()
    await asyncio.sleep(0.1)
    assert reported == []


async def _answered_too_late(names: Names, name: str) -> Resolver:
    """Look up a name whose answer comes after the limit, and wait for it."""
    resolver = Resolver(limit=0.05, lookup=names)
    names.silent.add(name)
    await failure(resolver, name)
    names.release.set()
    while resolver._names[name, 22, 0].is_running:
        await asyncio.sleep(0.005)
    return resolver


async def test_an_answer_that_comes_too_late_serves_the_next_login(names: Names) -> None:
    """A name server that drops questions for IPv6 addresses answers after ten seconds, and rightly, each time."""
    resolver = await _answered_too_late(names, "host")
    names.release.clear()
    assert await resolver.addresses("host", 22) == ADDRESSES


async def test_a_lookup_without_a_free_thread_blames_no_name(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's limit of tasks is reached: as often as it happens, no turn of slow names is lost."""
    resolver = await _answered_too_late(names, "slow")
    resolver._names["slow", 22, 0].is_slow = True
    with monkeypatch.context() as limited:
        limited.setattr(threading.Thread, "start", _no_thread)
        for name in ["host", *["slow"] * (2 * CONCURRENT_SLOW_LOOKUPS)]:
            assert (await failure(resolver, name)).reason is FailureReason.RESOURCES
    assert await resolver.addresses("slow", 22) == ADDRESSES


def _no_thread(_: threading.Thread) -> None:
    message = "can't start new thread"
    raise RuntimeError(message)
