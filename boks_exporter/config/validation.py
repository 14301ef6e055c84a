"""Faults that show only when several parts of the configuration are seen together."""

from collections.abc import Iterator
from typing import TypeAlias

from boks_exporter.config.settings import DomainSettings, Settings
from boks_exporter.config.strict_yaml import Path_
from boks_exporter.config.units import as_duration
from boks_exporter.model import Host
from boks_exporter.remote.settings import LocalSettings, SshSettings

Fault: TypeAlias = tuple[Path_, str]


def faults_of(settings: Settings) -> Iterator[Fault]:
    """Find contradictions between parts that are each well-formed."""
    poll = settings.poll
    if poll.timeout_seconds >= poll.interval_seconds:
        yield (
            ("poll", "timeout"),
            (
                f"expected less than poll.interval ({as_duration(poll.interval_seconds)}), "
                f"found {as_duration(poll.timeout_seconds)}: a host that hangs would hold up every round"
            ),
        )
    names: dict[str, int] = {}
    for index, domain in enumerate(settings.domains):
        first = names.setdefault(domain.name, index)
        if first != index:
            yield ("domains", index, "name"), f"{domain.name!r} is the name of domains[{first}] already"
        yield from _domain_faults(domain, ("domains", index))


def _domain_faults(domain: DomainSettings, at: Path_) -> Iterator[Fault]:
    names: dict[str, int] = {}
    addresses: dict[tuple[str, int], int] = {}
    for index, host in enumerate(domain.hosts):
        here = (*at, "hosts", index)
        first = names.setdefault(host.name.casefold(), index)
        if first != index:
            yield (*here, "name"), f"{host.name!r} is the name of hosts[{first}] already"
        yield from _address_faults(domain, host, here, addresses.setdefault((host.address, host.port), index), index)
    transport = domain.transport
    if isinstance(transport, SshSettings) and transport.backoff_initial_seconds > transport.backoff_limit_seconds:
        yield (
            (*at, "transport", "backoff_initial"),
            (
                f"expected no more than backoff_limit ({as_duration(transport.backoff_limit_seconds)}), "
                f"found {as_duration(transport.backoff_initial_seconds)}"
            ),
        )
    if domain.failover and not isinstance(transport, SshSettings):
        yield (*at, "failover"), "expected transport: {kind: ssh}: hosts are changed over SSH only"
    if isinstance(transport, LocalSettings):
        yield from _local_faults(domain, at)


def _local_faults(domain: DomainSettings, at: Path_) -> Iterator[Fault]:
    """Look at one machine once: under several names it would be several hosts, and a master several masters."""
    if len(domain.hosts) > 1:
        yield (
            (*at, "hosts"),
            f"expected exactly one host: local looks at this machine only; found {len(domain.hosts)}",
        )
    if domain.discover:
        yield (*at, "discover"), "expected false: local looks at this machine only, whatever the master lists"


def _address_faults(domain: DomainSettings, host: Host, here: Path_, first: int, index: int) -> Iterator[Fault]:
    """Two names at one address would be one server counted twice; only over SSH an address matters."""
    if first != index and isinstance(domain.transport, SshSettings):
        yield (*here, "address"), f"{host.address} port {host.port} is the address of hosts[{first}] already"
