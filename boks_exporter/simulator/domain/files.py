"""The files of a host; where no format is published, the content is made up and means nothing."""

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from boks_exporter.simulator.domain.faults import Fault
from boks_exporter.simulator.domain.host import SimulatedHost
from boks_exporter.simulator.domain.layout import Boksinit
from boks_exporter.simulator.domain.network import PortReach
from boks_exporter.simulator.domain.printing import sequence_text
from boks_exporter.simulator.domain.replica_data import SEQUENCE_FILE, Copy, Position, table_file
from boks_exporter.simulator.domain.replica_link import Link
from boks_exporter.simulator.domain.state import SimulatedState

_QUEUE_FILE_SECONDS: Final = 60.0
"""The spool holds one file for each minute of unsent updates, up to 50."""

_QUEUE_LIMIT: Final = 50

METHOD_CONF: Final = b"""# authentication methods, the same on every server
ssh_pk    SSH_SUNOPENSSH  ssh
password  PASSWORD        *
"""


def files(state: SimulatedState, host: SimulatedHost) -> Mapping[str, bytes]:
    """Return the files below the two BoKS directories, etc and var."""
    found = {"etc/ENV": environment(state, host), "var/boks_errlog": errlog(state, host)}
    if methods := method_conf(host):
        found["etc/method.conf"] = methods
    numbers = host.copy.numbers(state.now)
    if host.copy.is_there(state.now) and SEQUENCE_FILE not in host.copy.elsewhere:
        found["var/data/sequence"] = sequence_text(numbers).encode()
    for table, (number, _) in sorted(numbers.items()):
        found[f"var/data/{table_file(table)}"] = f"table {table}, up to update {number}\n".encode()
    for number, age in enumerate(queue_ages(state, host), 1):
        found[f"var/data/master_spool/dd_fcom_{number}"] = f"unsent for {int(age)} s\n".encode()
    return found


def method_conf(host: SimulatedHost) -> bytes:
    """Return a host's method.conf; empty where it has none."""
    return METHOD_CONF if host.method_conf is None else host.method_conf


def queue_ages(state: SimulatedState, host: SimulatedHost) -> tuple[float, ...]:
    """Return the age of each file in the master's spool, the oldest first."""
    waiting = max((wait for link in host.links.values() if (wait := _waits(state, host, link))), default=0.0)
    count = min(_QUEUE_LIMIT, math.ceil(waiting / _QUEUE_FILE_SECONDS))
    return tuple(waiting - place * waiting / count for place in range(count))


def _waits(state: SimulatedState, host: SimulatedHost, link: Link) -> float:
    """Return for how long updates to one replica have been waiting."""
    written = host.copy.database.last_write(state.now) if host.copy.database else None
    if link.broken_at is None or written is None or written <= link.broken_at:
        return 0.0
    return state.now - link.broken_at


def environment(state: SimulatedState, host: SimulatedHost) -> bytes:
    """Write ENV."""
    bridge = state.bridge_addresses if host.bridge is None else host.bridge
    values = {
        "BOKS_etc": "/etc/opt/boksm",
        "BOKS_var": "/var/opt/boksm",
        "BOKSINIT": host.env_role,
        "SHM_SIZE": host.shm_size_kilobytes,
        "BRIDGE_ACCEPT_MASTER_IPS": f'"{bridge}"' if " " in bridge else bridge,
    }
    lines = (f"{key}={value}\n" for key, value in values.items() if key not in host.env_lacks)
    return "".join(("# BoKS environment\n", *lines)).encode()


def errlog(state: SimulatedState, host: SimulatedHost) -> bytes:
    """Write the error log."""
    return "".join(_errlog_lines(state, host)).encode()


def _errlog_lines(state: SimulatedState, host: SimulatedHost) -> Iterator[str]:
    for at, text in host.errlog:
        when = datetime.fromtimestamp(state.epoch + at, UTC)
        yield f"{when:%b %d %H:%M:%S} {host.name} {text}\n"


PID_FILES: Final = {"boks_init": "boks_init", "boks_servc": "servc4", "boks_clntd": "clntd"}
_BRIDGES: Final = ("servm.r", "servc.s", "servc.r", "master.s")
_OF_MASTERS: Final = ("boks_master", "boks_drainmast")
CHECKED: Final = (*PID_FILES, *_BRIDGES, *_OF_MASTERS)
_FIRST_PORT: Final = 6500
_PORTS: Final = 4


def running(host: SimulatedHost) -> frozenset[str]:
    """Name the processes that run; a process that is lost stays so until BoKS is restarted."""
    if not host.daemons_running or Fault.MASTER_DEAD in host.faults:
        return frozenset()
    of_role = {
        Boksinit.MASTER: frozenset(CHECKED),
        Boksinit.SERVER: frozenset((*PID_FILES, *_BRIDGES)),
        Boksinit.CLIENT: frozenset(("boks_init", "boks_clntd")),
    }[host.role]
    return of_role - host.lost_processes


def ports(state: SimulatedState, host: SimulatedHost) -> tuple[tuple[str, int, PortReach], ...]:
    """Return the ports of every host whose ENV says master, as another host reaches them."""
    return tuple(
        (master.address, port, state.reach(host.name, master.name, port))
        for master in state.hosts.values()
        if master.role is Boksinit.MASTER
        for port in range(_FIRST_PORT, _FIRST_PORT + _PORTS)
    )


def database_files(state: SimulatedState, host: SimulatedHost) -> list[str]:
    """Return the files in the order of a glob, `sequence` last."""
    return _files(host.copy, state.now)


def files_aside(host: SimulatedHost, name: str) -> list[str]:
    """Return the files that lie in a directory next to the database."""
    aside = host.aside[name]
    return _files(aside, aside.position.at_least)


def move_aside(state: SimulatedState, host: SimulatedHost, name: str, file: str | None = None) -> None:
    """Move one file, or all, into a directory next to the database; without its last file there is no database."""
    if host.copy.database is None:
        return
    state.notify(f"moving aside {host.name}")
    host.copy.freeze(state.now)
    aside = host.aside.get(name) or host.copy.clone()
    if name not in host.aside:
        aside.elsewhere |= set(_files(host.copy, state.now))
        host.aside[name] = aside
    moved = set(_files(host.copy, state.now) if file is None else (file,))
    aside.elsewhere -= moved
    host.copy.elsewhere |= moved
    host.source = None
    if not _files(host.copy, state.now):
        host.copy = Copy(None, Position(state.now))
    state.notify(f"move aside {host.name}")


def bring_back(host: SimulatedHost, name: str, file: str | None = None) -> None:
    """Move one file, or all, back into their place."""
    aside = host.aside[name]
    there = files_aside(host, name)
    if host.copy.database is None:
        host.copy = aside.clone()
        host.copy.elsewhere |= set(there)
    moved = set(there if file is None else (file,))
    host.copy.elsewhere -= moved
    aside.elsewhere |= moved
    if not set(there) - moved:
        del host.aside[name]


def _files(copy: Copy, now: float) -> list[str]:
    if not copy.is_there(now):
        return []
    files = sorted(table_file(table) for table in copy.numbers(now))
    return files if SEQUENCE_FILE in copy.elsewhere else [*files, SEQUENCE_FILE]
