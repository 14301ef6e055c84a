"""Consistency checks between several parts of the configuration."""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import TypeAlias

from boks_exporter.config.settings import DomainSettings, Settings
from boks_exporter.config.strict_yaml import Path_
from boks_exporter.model import Host
from boks_exporter.remote.settings import LocalSettings, SshSettings
from boks_exporter.text.units import as_duration

Fault: TypeAlias = tuple[Path_, str]


def faults_of(settings: Settings) -> Iterator[Fault]:
    """Report inconsistencies between parts that are valid by themselves."""
    poll = settings.poll
    if poll.timeout_seconds >= poll.interval_seconds:
        yield (
            ("poll", "timeout"),
            (
                f"expected less than poll.interval ({as_duration(poll.interval_seconds)}), "
                f"found {as_duration(poll.timeout_seconds)}: a host that hangs would delay every round"
            ),
        )
    for index, each in enumerate(settings.notify):
        if not each.program and each.webhook_file is None:
            yield ("notify", index), "expected program or webhook_file, found neither"
    names: dict[str, int] = {}
    for index, domain in enumerate(settings.domains):
        first = names.setdefault(domain.name, index)
        if first != index:
            yield ("domains", index, "name"), f"{domain.name!r} is already the name of domains[{first}]"
        yield from _domain_faults(domain, ("domains", index))


def _domain_faults(domain: DomainSettings, at: Path_) -> Iterator[Fault]:
    names: dict[str, int] = {}
    addresses: dict[tuple[str, int], int] = {}
    for index, host in enumerate(domain.hosts):
        here = (*at, "hosts", index)
        first = names.setdefault(host.name.casefold(), index)
        if first != index:
            yield (*here, "name"), f"{host.name!r} is already the name of hosts[{first}]"
            continue  # its address is a duplicate for the same reason
        yield from _address_faults(
            domain, host, here, addresses.setdefault((_canonical(host.address), host.port), index), index
        )
    transport = domain.transport
    if isinstance(transport, SshSettings):
        yield from _ssh_faults(transport, (*at, "transport"))
    if domain.failover and not isinstance(transport, SshSettings):
        yield (*at, "failover"), "expected transport: {kind: ssh}: failover changes hosts over SSH only"
    if isinstance(transport, LocalSettings):
        yield from _local_faults(domain, at)


def _canonical(address: str) -> str:
    """Write an address in one way: names have no letter case, and IPv6 has several spellings."""
    try:
        return ip_address(address).compressed
    except ValueError:
        return address.casefold()


def _ssh_faults(transport: SshSettings, at: Path_) -> Iterator[Fault]:
    for low, least, high, most in (
        ("backoff_initial", transport.backoff_initial_seconds, "backoff_limit", transport.backoff_limit_seconds),
        ("connection_age", transport.connection_age_seconds, "connection_limit", transport.connection_limit_seconds),
    ):
        if least > most:
            yield (*at, low), f"expected no more than {high} ({as_duration(most)}), found {as_duration(least)}"


def _local_faults(domain: DomainSettings, at: Path_) -> Iterator[Fault]:
    """Require exactly one host: under several names, one master would count as several."""
    if len(domain.hosts) > 1:
        yield (
            (*at, "hosts"),
            f"expected exactly one host: kind: local polls this machine only; found {len(domain.hosts)}",
        )
    if domain.discover:
        yield (*at, "discover"), "expected false: kind: local polls this machine only"


def _address_faults(domain: DomainSettings, host: Host, here: Path_, first: int, index: int) -> Iterator[Fault]:
    """Report two names with one address: one server would count twice. Addresses matter over SSH only."""
    if first != index and isinstance(domain.transport, SshSettings):
        yield (*here, "address"), f"{host.address} port {host.port} is already the address of hosts[{first}]"
