"""One exchange as it really was, and how a replica's data really differed from the master's."""

from collections.abc import Mapping
from dataclasses import dataclass

from boks_exporter.model import HostName, Sequence, TableNumber
from boks_exporter.remote.request import Request
from boks_exporter.simulator.domain import Boksinit
from boks_exporter.simulator.domain.database import Database, Numbers
from boks_exporter.simulator.domain.replica_link import Row


@dataclass(frozen=True, slots=True)
class Apart:
    """How a replica's data really differ from the master's at an instant; tables of equal stamps unless it says so."""

    database: Database
    excess: frozenset[TableNumber]
    """Tables with an update that the master does not have and never will, whatever their numbers are."""
    ahead: Mapping[TableNumber, Sequence]
    """Its own number of each table in which it has more than the master."""
    above: Mapping[TableNumber, Sequence]
    """The same of tables of another generation, whose numbers can be compared, but mean nothing."""
    behind: Mapping[TableNumber, float]
    """When the first update that it lacks was written, for each table in which it has less."""
    foreign: frozenset[TableNumber]
    """Tables with a stamp that the master never had."""
    outdated: Mapping[TableNumber, float]
    """Tables of an earlier generation of the master's, and since when there is a newer one."""
    lost: frozenset[TableNumber]
    """Tables that the master had at the point up to which this replica has got its updates, and it has not."""
    lacking: Mapping[TableNumber, float]
    """All tables that the master has and it has not, and since when the master has them."""


@dataclass(slots=True)
class Reading:
    """One exchange as it really was. `arrived` tells whether the exporter got the whole of it."""

    host: HostName
    request: Request
    began: float
    at: float
    role: Boksinit
    masters: tuple[HostName, ...]
    ended: float = 0.0
    arrived: bool = False
    is_readable: bool = True
    numbers: Numbers | None = None
    apart: Apart | None = None
    rows: Mapping[HostName, Row] | None = None
    """What the list of a master shows; a replica that it does not list is not in it."""
    hidden: frozenset[TableNumber] = frozenset()
    """Tables whose rows in the reply cannot be read; they are not in `numbers`."""
    hidden_rows: frozenset[HostName] = frozenset()
    """Replicas whose row in the master's list cannot be read."""
