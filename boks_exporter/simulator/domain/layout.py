"""The layout of a simulated domain: hosts, tables and write rate; the result of a command."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from boks_exporter.model import HostName, Seconds, TableNumber

DEFAULT_TABLES: Final[tuple[TableNumber, ...]] = (
    *(0, 1, 2, 4, 5, 6, 7, 9, 14, 15, 16, 17, 20, 22, 23, 25, 31, 34, 37, 41, 44, 47, 48, 49),
    *(8, 11, 12, 28, 30, 54),
)
"""About 30 numbers between 0 and 54 are in use (K1514, old single source); the last six are made up."""

EPOCH: Final = 1_700_000_000.0
"""The Unix time at which every simulated domain begins."""


class Boksinit(StrEnum):
    """The words of BOKSINIT in ENV; `server` means replica (K1456)."""

    MASTER = "master"
    SERVER = "server"
    CLIENT = "client"


class ListStyle(StrEnum):
    """How `boksdiag list` is laid out: under its two-line header, or as the published page has it."""

    ALIGNED = "aligned"
    COLLAPSED = "collapsed"


class Stopped(StrEnum):
    """What `boksdiag sequence` does where the daemons are stopped; not published, so both are simulated."""

    NUMBERS = "numbers"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class HostPlan:
    """One host at the beginning. `delay_seconds` is how long an update takes from the master to here."""

    name: HostName
    role: Boksinit
    site: str = ""
    section: str = ""
    address: str = "127.0.0.1"
    delay_seconds: Seconds = 0.5
    batch_seconds: Seconds = 0.0
    shm_size_kilobytes: int = 16000


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A whole domain. `writes_per_second` is the total over all tables; a few tables take most of it.

    `bursts` is the mean number of updates that come together, as in an import; 1 means one by one.
    """

    hosts: tuple[HostPlan, ...]
    tables: tuple[TableNumber, ...] = DEFAULT_TABLES
    writes_per_second: float = 0.2
    bursts: float = 1.0
    list_style: ListStyle = ListStyle.ALIGNED
    when_stopped: Stopped = Stopped.NUMBERS
    loading_seconds: Seconds = 60.0
    epoch: float = EPOCH


def published_layout(*, writes_per_second: float = 0.2, list_style: ListStyle = ListStyle.ALIGNED) -> Layout:
    """Lay out the documented site: one master and five replicas (K1456), at two made-up sites."""
    sites = {"REPHOST": "rotterdam", "REPHOST2": "rotterdam", "REPHOST3": "rotterdam"}
    replicas = ("REPHOST5", "REPHOST4", "REPHOST3", "REPHOST2", "REPHOST")
    return Layout(
        hosts=(
            HostPlan(name="MASTER1", role=Boksinit.MASTER, site="utrecht", section="core", address="127.0.0.2"),
            *(
                HostPlan(
                    name=name,
                    role=Boksinit.SERVER,
                    site=sites.get(name, "utrecht"),
                    section="edge" if name in {"REPHOST", "REPHOST4"} else "core",
                    address=f"127.0.0.{number}",
                    delay_seconds=0.1 * number,
                )
                for number, name in enumerate(replicas, 3)
            ),
        ),
        writes_per_second=writes_per_second,
        list_style=list_style,
    )


@dataclass(frozen=True, slots=True)
class Printed:
    """Output and exit status; `delay_seconds` is how long the command took, infinity where it never ends."""

    stdout: bytes
    stderr: bytes = b""
    exit_status: int = 0
    delay_seconds: Seconds = 0.05
