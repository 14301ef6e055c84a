"""Copies whose equal numbers prove nothing: the stamp of a table, its generation, differs."""

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.journal_facts import Numbers
from boks_exporter.model import HostName


def of_other_generation(facts: FailoverFacts, host: HostName) -> tuple[HostName, ...]:
    """Return the servers of which a table has another stamp than here."""
    own = facts.numbers(host) or {}
    servers = [seen.host for seen in facts.snapshot.observed()]
    return tuple(server for server in servers if _has_other_stamp(own, facts.numbers(server) or {}))


def _has_other_stamp(own: Numbers, other: Numbers) -> bool:
    stamps = ((own[table][1], other[table][1]) for table in own.keys() & other.keys())
    return any(None not in pair and len({*pair}) > 1 for pair in stamps)
