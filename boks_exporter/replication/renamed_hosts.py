"""A history under the names that the configuration has for its hosts since."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from boks_exporter.model import HostName
from boks_exporter.replication.history import History

_Known = TypeVar("_Known")


def recorded_hosts(history: History) -> frozenset[HostName]:
    """Return the hosts that a history knows."""
    masters = {history.master} if history.master is not None else set[HostName]()
    return frozenset({*history.roles, *history.discovered, *history.evidence, *history.terms, *masters})


def renamed(history: History, names: Mapping[HostName, HostName]) -> History:
    """Return what is known of hosts under their new names, as of configured ones."""
    return replace(
        history,
        master=names.get(history.master, history.master) if history.master is not None else None,
        floors=_moved(history.floors, names),
        roles=_moved(history.roles, names),
        stamps=_moved(history.stamps, names),
        evidence=_moved(history.evidence, names),
        addresses=_moved(history.addresses, names),
        undecided=_moved(history.undecided, names),
        terms={
            host: replace(term, replaced=names.get(term.replaced, term.replaced) if term.replaced else None)
            for host, term in _moved(history.terms, names).items()
        },
        failing=_moved(history.failing, names),
        gone_back=frozenset(names.get(host, host) for host in history.gone_back),
        lasting={(names.get(host, host), condition): at for (host, condition), at in history.lasting.items()},
        discovered={host: known for host, known in history.discovered.items() if host not in names},
    )


def _moved(known: Mapping[HostName, _Known], names: Mapping[HostName, HostName]) -> dict[HostName, _Known]:
    moved = {new: known[old] for old, new in names.items() if old in known}
    return moved | {host: value for host, value in known.items() if host not in names and value}
