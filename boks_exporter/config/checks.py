"""Faults that show only when several parts of the configuration are seen together."""

from collections.abc import Iterator

from boks_exporter.config.settings import DomainSettings, Settings
from boks_exporter.config.strict_yaml import Path_
from boks_exporter.model import Host
from boks_exporter.remote.settings import SshSettings

Fault = tuple[Path_, str]


def faults_of(settings: Settings) -> Iterator[Fault]:
    """Find contradictions between parts that are each well-formed."""
    poll = settings.poll
    if poll.timeout_seconds >= poll.interval_seconds:
        yield (
            ("poll", "timeout"),
            f"expected less than poll.interval ({poll.interval_seconds:g}s), found {poll.timeout_seconds:g}s: "
            "a host that hangs would hold up every round",
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
        yield (*at, "transport", "backoff_initial"), "expected no more than backoff_limit"


def _address_faults(domain: DomainSettings, host: Host, here: Path_, first: int, index: int) -> Iterator[Fault]:
    """Two names at one address would be one server counted twice; only over SSH an address matters."""
    if first != index and isinstance(domain.transport, SshSettings):
        yield (*here, "address"), f"{host.address} port {host.port} is the address of hosts[{first}] already"
