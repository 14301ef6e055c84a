"""BoKS's changing commands as they go on in time, so that something can happen in the middle of one.

The order is that of the lines that `convert` prints (K1456); how long each part takes is made up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from boks_exporter.model import Seconds
from boks_exporter.simulator.domain.host import SimulatedHost
from boks_exporter.simulator.domain.layout import Boksinit
from boks_exporter.simulator.domain.printing import conversion_text

if TYPE_CHECKING:
    from boks_exporter.simulator.domain.domain import SimulatedDomain


@dataclass(frozen=True, slots=True)
class Phase:
    """One part: so many seconds after the beginning this happens, and then this line is printed."""

    after_seconds: Seconds
    act: Callable[[], object]
    prints: str = ""


def phases(domain: "SimulatedDomain", host: SimulatedHost, argv: tuple[str, ...]) -> tuple[Phase, ...]:
    """Take a command apart; one that does all at once, or is not understood, has a single phase."""
    if argv[:2] == ("convert", "-v") and argv[2] in set(Boksinit):
        return _conversion(domain, host, Boksinit(argv[2]))
    if argv == ("Boot", "-k"):
        return (Phase(1.0, partial(domain.stop_daemons, host)), Phase(2.0, _nothing))
    if argv == ("Boot",):
        return (Phase(1.0, partial(_start, domain, host)), Phase(2.0, _nothing))
    return (Phase(0.05, partial(domain.run, host.name, argv)),)


def _conversion(domain: "SimulatedDomain", host: SimulatedHost, after: Boksinit) -> tuple[Phase, ...]:
    stopping, setting, starting, done = conversion_text(host.role, after).splitlines()
    return (
        Phase(0.0, _nothing, stopping),
        Phase(1.0, partial(domain.stop_daemons, host), setting),
        Phase(1.5, partial(_change_role, domain, host, after), starting),
        Phase(2.5, partial(domain.start_daemons, host)),
        Phase(3.0, partial(host.log, domain.now, f"convert: BOKSINIT={after}"), done),
    )


def _change_role(domain: "SimulatedDomain", host: SimulatedHost, after: Boksinit) -> None:
    if after is not Boksinit.MASTER:
        domain.demote(host, after)
    elif host.role is not Boksinit.MASTER:
        domain.promote(host)


def _start(domain: "SimulatedDomain", host: SimulatedHost) -> None:
    if not host.daemons_running:
        domain.start_daemons(host)


def _nothing() -> None:
    """Let time pass."""
