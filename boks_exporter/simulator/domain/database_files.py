"""The files of a host's database: one for each table and `sequence`, moved aside and back one by one."""

from boks_exporter.simulator.domain.host import SimulatedHost
from boks_exporter.simulator.domain.replica_data import SEQUENCE_FILE, Copy, Position, table_file
from boks_exporter.simulator.domain.state import SimulatedState


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
