"""The tour of the demo: every kind of fault in turn, with the lines that it prints."""

from collections.abc import Mapping
from random import Random
from typing import Any, Final, NamedTuple

from boks_exporter.model import HostName, Seconds
from boks_exporter.simulator.domain.faults import Fault
from boks_exporter.simulator.fault_episodes import master_dead, two_masters
from boks_exporter.simulator.timeline import Episode, HostFault, ScenarioHosts

FIRST: Final[Seconds] = 15.0
"""When the first fault begins; until then the domain is healthy."""

SLOT: Final[Seconds] = 45.0
LASTS: Final[Seconds] = 32.0
"""A fault begins every `SLOT` and lasts `LASTS`: six rounds of the demo with it, two without."""

_FLOOD_BYTES: Final = 10_000_000


class TourStop(NamedTuple):
    """One stop of the tour; {host} in its lines is the affected host."""

    fault: Fault
    parameters: Mapping[str, Any]
    happens: str
    look_for: str
    ends: str


STOPS: Final = (
    TourStop(
        Fault.DOWN,
        {},
        "{host}'s daemons stop, as in the published listing; the machine answers.",
        '{host} is down, check exits 2, boks_replica_state{{host="{host}",state="down"}} is 1.',
        "{host}'s daemons are started; it loads its copy.",
    ),
    TourStop(
        Fault.SLOW,
        {"delay_seconds": 600.0},
        "{host} gets its updates ten minutes late; the list still says OK.",
        "{host} is lagging, boks_replica_lag_sequences and boks_replica_lag_seconds grow.",
        "{host} catches up.",
    ),
    TourStop(
        Fault.AHEAD,
        {"by": 2},
        "{host} holds two updates that the master never had, as after a bad conversion; the list still says OK.",
        "{host} is ahead, boks_replica_ahead_sequences is 2.",
        "{host} is rebuilt: it loads its copy, and is ok when it has the master's numbers again.",
    ),
    TourStop(
        Fault.LOADING,
        {"from_scratch": True},
        "{host} was restarted and loads its copy, table by table.",
        "{host} is loading; the missing tables are no finding meanwhile.",
        "{host} receives the rest of its copy within seconds.",
    ),
    TourStop(
        Fault.UNREACHABLE,
        {},
        "{host} does not answer SSH; its BoKS keeps running.",
        '{host} is unreachable, boks_host_poll_failures_total{{reason="timeout"}} counts, its lag is absent, not 0.',
        "{host} answers again.",
    ),
    TourStop(
        Fault.REFUSED,
        {},
        "{host}'s SSH server is stopped.",
        '{host} is unreachable, boks_host_poll_failures_total{{reason="connect"}} counts.',
        "{host}'s SSH server is started.",
    ),
    TourStop(
        Fault.WRONG_HOST_KEY,
        {},
        "{host} shows another host key, as after a reinstallation or behind an impostor.",
        '{host} is unreachable, reason="host_key"; the exporter retries at growing intervals.',
        "{host} shows its own key again.",
    ),
    TourStop(
        Fault.WRONG_LOGIN,
        {},
        "{host} refuses the exporter's key.",
        '{host} is unreachable, reason="auth"; the exporter retries at growing intervals.',
        "{host} accepts the key again.",
    ),
    TourStop(
        Fault.HANGING,
        {},
        "{host}'s boksdiag never ends.",
        'The poll of {host} fails with reason="timeout"; the other hosts\' data stay fresh.',
        "{host}'s boksdiag answers again.",
    ),
    TourStop(
        Fault.GARBAGE,
        {},
        "{host}'s boksdiag prints garbage.",
        'The poll of {host} fails with reason="parse"; the page of {host} shows the output.',
        "{host}'s boksdiag works again.",
    ),
    TourStop(
        Fault.GARBAGE,
        {"bytes": _FLOOD_BYTES},
        "{host}'s boksdiag prints 10 MB.",
        'The poll of {host} is cut off, reason="too_large".',
        "{host}'s boksdiag works again.",
    ),
    TourStop(
        Fault.DIVERGED,
        {},
        "{host} no longer applies the updates of its busiest table; the list still says OK.",
        "{host} is lagging in that one table.",
        "{host} applies them again.",
    ),
    TourStop(
        Fault.WRONG_STAMP,
        {},
        "{host}'s busiest table is of another generation: its stamp is not the master's.",
        "{host} is diverged, boks_replica_stamp_mismatch_tables is 1.",
        "{host} loads its copy again.",
    ),
    TourStop(
        Fault.MISSING_TABLE,
        {},
        "{host} lacks a table that the master has.",
        "{host} is diverged, boks_replica_missing_tables is 1.",
        "{host} has the table again.",
    ),
    TourStop(
        Fault.UNLISTED,
        {},
        "{host} is no longer defined as a replica in the database, and gets no updates.",
        "{host} is unlisted immediately, and falls behind.",
        "{host} is defined as a replica again; the master notices within a minute.",
    ),
)


def plot(cast: ScenarioHosts, random: Random) -> tuple[Episode, ...]:
    """Affect one replica after the other, never the same twice running; then two masters, then none."""
    hosts = _victims(cast, random)
    episodes = [
        _one(stop, host, FIRST + index * SLOT) for index, (stop, host) in enumerate(zip(STOPS, hosts, strict=True))
    ]
    starts = FIRST + len(STOPS) * SLOT
    return (*episodes, *two_masters(cast, random.choice(cast.replicas), starts), master_dead(cast, starts + 2 * SLOT))


LENGTH: Final[Seconds] = FIRST + (len(STOPS) + 3) * SLOT
"""How long the tour takes, its last two episodes included."""


def _victims(cast: ScenarioHosts, random: Random) -> tuple[HostName, ...]:
    """Choose the affected hosts; the first is the last replica, which is DOWN in the published listing."""
    chosen = [cast.replicas[-1]]
    while len(chosen) < len(STOPS):
        chosen.append(random.choice([host for host in cast.replicas if host != chosen[-1]]))
    return tuple(chosen)


def _one(stop: TourStop, host: HostName, starts: Seconds) -> Episode:
    return Episode(
        starts=starts,
        lasts=LASTS,
        host_faults=(HostFault(host, stop.fault, stop.parameters),),
        happens=stop.happens.format(host=host),
        look_for=stop.look_for.format(host=host),
        ends=stop.ends.format(host=host),
    )
