"""Simulated domains with one fault each, recorded as the replay transport reads them."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeAlias

from boks_exporter.simulator.domain import Connectivity, Fault, SimulatedDomain, published_layout
from boks_exporter.simulator.gate_reply import NEWER_WORDS, WORDS, section_of

HOST: Final = "REPHOST3"
MASTER: Final = "MASTER1"
_FAILURES: Final = {Connectivity.UNREACHABLE: "timeout", Connectivity.REFUSED: "connect"}
_HEALTHY_SECONDS: Final = 600.0
_FAULTY_SECONDS: Final = 3600.0

Break: TypeAlias = Callable[[SimulatedDomain], object]


def broken(fault: Break | None = None) -> SimulatedDomain:
    """Make a domain that is healthy for ten minutes and has the fault for an hour."""
    domain = SimulatedDomain(published_layout(writes_per_second=0.5), seed=7)
    domain.advance(_HEALTHY_SECONDS)
    if fault:
        fault(domain)
        domain.connect()
    domain.advance(_HEALTHY_SECONDS + _FAULTY_SECONDS)
    return domain


def record(domain: SimulatedDomain, directory: Path) -> Path:
    """Write what every host answers at this instant, and a configuration that replays it."""
    for name in domain.hosts:
        folder = directory / "bank" / name
        folder.mkdir(parents=True)
        if (failure := _FAILURES.get(domain.connectivity(name))) is not None:
            (folder / "error.txt").write_text(failure)
            continue
        clock = datetime.fromtimestamp(domain.clock(name), UTC)
        for word in (*WORDS, *NEWER_WORDS):
            section = section_of(domain, name, word, clock)
            if section.printed and section.printed.exit_status == 0:
                (folder / f"{word}.txt").write_bytes(section.printed.stdout)
    hosts = "".join(f"      - {{name: {host.name}, address: {host.address}}}\n" for host in domain.hosts.values())
    config = directory / "config.yaml"
    config.write_text(
        "domains:\n  - name: bank\n    transport: {kind: replay, directory: bank}\n    hosts:\n" + hosts,
        encoding="utf-8",
    )
    return config


def log(host: str, text: str) -> Break:
    """Write a line into a host's error log, and stop the flow of updates to it."""

    def apply(domain: SimulatedDomain) -> None:
        domain.hosts[host].log(domain.now, text)
        domain.hosts[host].is_deaf = True

    return apply


def attribute(host: str, **values: object) -> Break:
    def apply(domain: SimulatedDomain) -> None:
        for name, value in values.items():
            setattr(domain.hosts[host], name, value)

    return apply


def fault(host: str, kind: Fault, **parameters: object) -> Break:
    return lambda domain: domain.set_fault(host, kind, **parameters)
