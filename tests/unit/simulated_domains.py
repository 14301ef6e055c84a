"""Simulated domains to look at, and what their commands print."""

from random import Random

from boks_exporter.simulator.domain import Layout, Printed, SimulatedDomain, published_layout

REPLICAS = ("REPHOST5", "REPHOST4", "REPHOST3", "REPHOST2", "REPHOST")


def domain_of(*, rate: float = 2.0, seed: int = 1, at: float = 600.0, **changes: object) -> SimulatedDomain:
    published = published_layout(writes_per_second=rate)
    fields = {name: getattr(published, name) for name in published.__dataclass_fields__} | changes
    domain = SimulatedDomain(Layout(**fields), seed=seed)
    domain.advance(at)
    return domain


def dice(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - seeded, so that a history can be repeated


def text(printed: Printed) -> str:
    assert printed.exit_status == 0, printed
    return printed.stdout.decode()


def listed(domain: SimulatedDomain, master: str = "MASTER1") -> dict[str, str]:
    """Read name and status off the printed list."""
    lines = text(domain.run(master, ("boksdiag", "list"))).splitlines()[2:]
    return {line.split()[0]: line.split()[-1] for line in lines}


def sequences(domain: SimulatedDomain, host: str) -> dict[str, int]:
    lines = text(domain.run(host, ("boksdiag", "sequence"))).splitlines()
    return {line.split()[0]: int(line.split()[3]) for line in lines}
