"""A transport that records the ground truth at each instant of reading."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace

from bench.verdicts.hidden_rows import Disguise, Disguises
from bench.verdicts.identity import excess
from bench.verdicts.reading import Apart, Reading
from boks_exporter.errors import TransportError
from boks_exporter.model import Host, HostName, Section, Sequence, TableNumber
from boks_exporter.remote.request import ROLE_ONLY, Request
from boks_exporter.simulator.domain import Boksinit, Fault, SimulatedDomain, Stopped
from boks_exporter.simulator.domain.database import Database, Numbers
from boks_exporter.simulator.domain.host import SimulatedHost
from boks_exporter.simulator.domain.replica_data import Copy
from boks_exporter.simulator.domain.replica_link import Row, Status
from boks_exporter.transport.base import RawReply
from tests.virtual.virtual_transport import VirtualTransport


class Witness:
    """Ask through the virtual transport, and keep what was read until the round is over."""

    def __init__(self, domain: SimulatedDomain, transport: VirtualTransport, *, keeps_loops: bool = False) -> None:
        """Listen to the transport's instants of reading."""
        self.domain = domain
        self.disguises = Disguises()
        self._keeps_loops = keeps_loops
        self._applied: dict[HostName, tuple[Disguise, ...]] = {}
        self.readings: list[Reading] = []
        self._transport = transport
        self._open: dict[HostName, Reading] = {}

    async def ask(self, host: Host, request: Request) -> RawReply:
        """Ask, and note whether the answer arrived."""
        self._open.pop(host.name, None)
        self._applied.pop(host.name, None)
        began = asyncio.get_running_loop().time()
        try:
            raw = await self._transport.ask(host, request)
        except (TransportError, asyncio.CancelledError):  # cancelled: the round has given the poll up
            self._close(host.name, request, began)
            raise
        self._close(host.name, request, began).arrived = True
        for disguise in self._applied.get(host.name, ()):
            raw = replace(raw, stdout=disguise.applied(raw.stdout))
        return raw

    def keeps_loop(self, host: HostName) -> bool:
        """Return whether a further poll needs no login, as over a kept loop."""
        return self._keeps_loops and host in self.domain.hosts

    def on_read(self, host: HostName, request: Request) -> None:
        """Write down what the host's answer shows, at the instant at which it is written."""
        self._open[host] = read(self.domain, host, request)
        self._applied[host] = self.disguises.of(self._open[host])

    def take(self) -> list[Reading]:
        """Return what was read since the last call."""
        readings, self.readings = self.readings, []
        return readings

    def _close(self, host: HostName, request: Request, began: float) -> Reading:
        """Close an exchange; one that never reached the host is dated by its end."""
        ended = asyncio.get_running_loop().time()
        self.domain.advance(ended)
        reading = self._open.pop(host, None) or read(self.domain, host, request)
        reading.began, reading.ended = began, ended
        self.readings.append(reading)
        return reading


def read(domain: SimulatedDomain, name: HostName, request: Request) -> Reading:
    """Look at the truth of one host now."""
    host = domain.hosts[name]
    masters = domain.masters()
    reading = Reading(name, request, domain.now, domain.now, host.role, masters)
    reading.is_readable = _is_readable(domain, host)
    if request == ROLE_ONLY:
        return reading
    if host.role is not Boksinit.CLIENT:
        reading.numbers = host.copy.numbers(domain.now)
    master = domain.hosts[masters[0]] if len(masters) == 1 else None
    if host.role is Boksinit.SERVER and master and master.copy.database and reading.numbers is not None:
        reading.apart = apart(host.copy, reading.numbers, master.copy.database, domain.now)
    if host.role is Boksinit.MASTER and Section.LIST in request.sections:
        reading.rows = rows_of(domain, host)
    return reading


def _is_readable(domain: SimulatedDomain, host: SimulatedHost) -> bool:
    """Return whether the numbers, and a master's list, are printed at all; an empty database prints no line."""
    if host.role is Boksinit.CLIENT:
        return True
    if host.faults.keys() & {Fault.GARBAGE, Fault.HANGING}:
        return False
    is_silent = host.role is Boksinit.MASTER or domain.layout.when_stopped is Stopped.ERROR
    if is_silent and not host.daemons_running:
        return False
    return bool(host.copy.numbers(domain.now))


def rows_of(domain: SimulatedDomain, master: SimulatedHost) -> Mapping[HostName, Row]:
    """Return the lines of a master's list."""
    database = master.copy.database
    if database is None:
        return {}
    links = master.links.items()
    return {name: link.row(domain.now, database) for name, link in links if domain.hosts[name].is_listed}


def status_of(rows: Mapping[HostName, Row], host: HostName) -> Status | None:
    """Return the status of a line; None without one."""
    row = rows.get(host)
    return row.status if row else None


def apart(copy: Copy, own: Numbers, database: Database, now: float) -> Apart:
    """Compare a replica's numbers with the master's of the same instant, and mark which differences are healthy."""
    ahead: dict[TableNumber, Sequence] = {}
    above: dict[TableNumber, Sequence] = {}
    behind: dict[TableNumber, float] = {}
    foreign: set[TableNumber] = set()
    outdated: dict[TableNumber, float] = {}
    lacking: dict[TableNumber, float] = {}
    for table, (number, stamp) in database.numbers(now).items():
        if table not in own:
            lacking[table] = database.tables[table][0].born
            continue
        writes = database.generation(table, now)
        if writes is None:
            continue
        if own[table][1] != stamp:
            above |= {table: own[table][0]} if own[table][0] > number else {}
            earlier = own[table][1] in {generation.stamp for generation in database.tables[table]}
            if earlier and table not in copy.foreign and table not in copy.stamps:
                outdated[table] = writes.born
            else:
                foreign.add(table)
        elif own[table][0] > number:
            ahead[table] = own[table][0]
        elif own[table][0] < number:
            written = writes.written_at(own[table][0] + 1)
            behind[table] = writes.born if written is None else written
    return Apart(
        database=database,
        excess=excess(copy, database, now),
        ahead=ahead,
        above=above,
        behind=behind,
        foreign=frozenset(foreign),
        outdated=outdated,
        lost=_lost(copy, lacking, now),
        lacking=lacking,
    )


def _lost(copy: Copy, lacking: Iterable[TableNumber], now: float) -> frozenset[TableNumber]:
    """Pick the tables that no catching up will bring: what is under way, or still being loaded, is not lost."""
    if copy.database is None or copy.is_loading(now):
        return frozenset()
    position = copy.position.at(now)
    return frozenset(
        table
        for table in lacking
        if table in copy.absent
        or copy.database.generation(table, copy.strays.get(table, copy.position).at(now))
        or (table in copy.database.tables and copy.database.tables[table][0].born <= position)
    )
