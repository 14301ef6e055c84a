"""A domain with several masters: who was first, since when, and what each has alone."""

import math
from dataclasses import dataclass

from boks_exporter.health.table_names import table_name
from boks_exporter.model import HostName
from boks_exporter.replication import MasterTerm
from boks_exporter.text.formatting import updates
from boks_exporter.web.pages.facts import DomainFacts
from boks_exporter.web.pages.wording import Moment, lasting


@dataclass(frozen=True, slots=True)
class RivalMaster:
    """One of the masters; `alone` are its updates that it wrote next to another master, by table."""

    host: str
    site: str
    is_first: bool
    since: Moment
    alone: tuple[str, ...]
    beside_since: Moment
    shows_list: bool


@dataclass(frozen=True, slots=True)
class SeveralMasters:
    """The masters, the earliest first, and the command that compares them."""

    masters: tuple[RivalMaster, ...]
    command: str
    status: str


def several_masters(facts: DomainFacts) -> SeveralMasters | None:
    """Collect what the page shows; None for a domain with one master or none."""
    names = facts.view.snapshot.masters
    if len(names) < 2:  # noqa: PLR2004 - two are several
        return None
    terms = facts.view.terms
    ordered = sorted(names, key=lambda name: (terms[name].since if name in terms else math.inf, name))
    is_decided = len({terms[name].since if name in terms else None for name in names}) == len(names)
    masters = tuple(_master(facts, name, is_first=is_decided and name == ordered[0]) for name in ordered)
    return SeveralMasters(masters, facts.commands.run("failover conflict"), facts.commands.run("failover history"))


def _master(facts: DomainFacts, name: HostName, *, is_first: bool) -> RivalMaster:
    term = facts.view.terms.get(name)
    host = facts.view.snapshot.host(name)
    seen = facts.view.snapshot.outcome(name)
    return RivalMaster(
        host=name,
        site=host.site if host else "",
        is_first=is_first,
        since=lasting(term.since if term else None, facts.now),
        alone=_alone(term),
        beside_since=lasting(term.beside_since if term else None, facts.now),
        shows_list=getattr(seen, "replicas", None) is not None,
    )


def _alone(term: MasterTerm | None) -> tuple[str, ...]:
    written = term.written_beside() if term else {}
    ordered = sorted(written.items(), key=lambda item: -item[1])
    return tuple(f"{updates(count)} in {table_name(table)}" for table, count in ordered)
