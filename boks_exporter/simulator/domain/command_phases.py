"""The phases of BoKS's changing commands, so that a fault can strike in the middle of one.

The order is that of the lines that `convert` prints (K1456); how long each part takes is made up.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from boks_exporter.model import Seconds
from boks_exporter.simulator.domain.commands import run
from boks_exporter.simulator.domain.host import SimulatedHost
from boks_exporter.simulator.domain.layout import Boksinit
from boks_exporter.simulator.domain.printing import conversion_text
from boks_exporter.simulator.domain.roles import demote, promote, start_daemons, stop_daemons
from boks_exporter.simulator.domain.state import SimulatedState


@dataclass(frozen=True, slots=True)
class Phase:
    """One part of a command: when it acts, what it does and what it prints afterwards."""

    after_seconds: Seconds
    act: Callable[[], object]
    prints: str = ""


def phases(state: SimulatedState, host: SimulatedHost, argv: tuple[str, ...]) -> tuple[Phase, ...]:
    """Split a command into its phases; one that acts at once, or is unknown, has a single phase."""
    if argv[:2] == ("convert", "-v") and argv[2] in set(Boksinit):
        return _conversion(state, host, Boksinit(argv[2]))
    if argv == ("Boot", "-k"):
        return (Phase(1.0, partial(stop_daemons, state, host)), Phase(2.0, _nothing))
    if argv == ("Boot",):
        return (Phase(1.0, partial(_start, state, host)), Phase(2.0, _nothing))
    return (Phase(0.05, partial(run, state, host, argv)),)


def _conversion(state: SimulatedState, host: SimulatedHost, after: Boksinit) -> tuple[Phase, ...]:
    stopping, setting, starting, done = conversion_text(host.role, after).splitlines()
    return (
        Phase(0.0, _nothing, stopping),
        Phase(1.0, partial(stop_daemons, state, host), setting),
        Phase(1.5, partial(_change_role, state, host, after), starting),
        Phase(2.5, partial(start_daemons, state, host)),
        Phase(3.0, partial(host.log, state.now, f"convert: BOKSINIT={after}"), done),
    )


def _change_role(state: SimulatedState, host: SimulatedHost, after: Boksinit) -> None:
    if after is not Boksinit.MASTER:
        demote(state, host, after)
    elif host.role is not Boksinit.MASTER:
        promote(state, host)


def _start(state: SimulatedState, host: SimulatedHost) -> None:
    if not host.daemons_running:
        start_daemons(state, host)


def _nothing() -> None:
    """Act not at all; only time passes."""
