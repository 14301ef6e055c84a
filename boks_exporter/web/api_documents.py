"""The JSON documents of the API for one host and for a new round."""

from collections.abc import Sequence
from typing import Any

from boks_exporter.exposition import DomainView, HostCounters
from boks_exporter.exposition.events import event_document
from boks_exporter.model import ConnectionFacts, Observed, SectionReply
from boks_exporter.replication.brackets import brackets
from boks_exporter.report import DomainReport, HostReport


def host_document(view: DomainView, domain: DomainReport, host: HostReport) -> dict[str, Any]:
    """Write one host with what its page shows; null where something is not known."""
    name = host["host"]
    counters = view.counters.hosts.get(name, HostCounters())
    timeline = view.timeline.host(name)
    known = timeline.known
    return {
        "domain": domain["domain"],
        "last_round_timestamp_seconds": domain["last_round_timestamp_seconds"],
        "status": host,
        "state_since_timestamp_seconds": timeline.since,
        "last_known": known
        and {
            "timestamp_seconds": known.at,
            "role": str(known.role),
            "lag_sequences": known.lag,
            "lag_possible_sequences": known.lag_possible,
            "lag_seconds": known.lag_seconds,
            "ahead_sequences": known.ahead,
            "ahead_possible_sequences": known.ahead_possible,
        },
        "tables": _tables(view, name),
        "sections": _sections(view, name),
        "connection": _connection(counters.connection),
        "reconnects": counters.reconnects,
        "polls": counters.polls,
        "failed_polls": {str(reason): count for reason, count in counters.failures.items()},
        "last_failures": [
            {"timestamp_seconds": each.at, "reason": str(each.reason), "detail": each.detail}
            for each in counters.last_failures
        ],
        "history": [{"since_timestamp_seconds": span.since, "state": span.state} for span in timeline.spans],
        "events": [event_document(domain["domain"], each) for each in view.timeline.events if each.host == name],
    }


def _tables(view: DomainView, name: str) -> list[dict[str, Any]]:
    seen = view.snapshot.outcome(name)
    if not isinstance(seen, Observed) or seen.sequences is None:
        return []
    rows = seen.sequences.by_table()
    around = brackets(view.snapshot, seen) if view.snapshot.master not in {None, name} else {}
    return [
        {
            "table": f"T{number}",
            "sequence": rows[number].sequence if number in rows else None,
            "parenthesised": rows[number].parenthesised if number in rows else None,
            "stamp_seconds": rows[number].stamp if number in rows else None,
            "master_before": around[number].lower if number in around else None,
            "master_after": around[number].upper if number in around else None,
            "master_stamp_seconds": around[number].stamp if number in around else None,
        }
        for number in sorted({*rows, *around})
    ]


def _sections(view: DomainView, name: str) -> list[dict[str, Any]]:
    seen = view.snapshot.outcome(name)
    return [_section(each) for each in seen.reply.sections] if isinstance(seen, Observed) else []


def _section(section: SectionReply) -> dict[str, Any]:
    return {
        "section": str(section.name),
        "exit_status": section.exit_status,
        "timed_out": section.timed_out,
        "skipped": section.skipped,
        "cut": section.cut,
        "took_seconds": section.took,
        "stdout": section.stdout,
        "stderr": section.stderr,
    }


def _connection(known: ConnectionFacts | None) -> dict[str, Any] | None:
    if known is None:
        return None
    return {
        "address": known.address,
        "port": known.port,
        "host_key": known.host_key,
        "cipher": known.cipher,
        "mac": known.mac,
        "received_cipher": known.received_cipher,
        "received_mac": known.received_mac,
        "allowed_kex": list(known.allowed_kex),
        "software": known.software,
        "opened_timestamp_seconds": known.opened_at,
        "keeps_loop": known.keeps_loop,
    }


def round_document(views: Sequence[DomainView]) -> dict[str, Any]:
    """Write what has a new round: states and times, no details."""
    return {
        "domains": [
            {
                "domain": view.snapshot.domain,
                "state": str(view.health.state),
                "last_round_timestamp_seconds": view.snapshot.finished_at,
            }
            for view in views
        ]
    }
