"""The JSON documents of state changes, for the API and for notifications."""

from collections.abc import Iterator, Sequence
from typing import Any

from boks_exporter.exposition.domain_view import DomainView
from boks_exporter.health import StateChange


def event_document(domain: str, event: StateChange) -> dict[str, Any]:
    """Write one change."""
    return {
        "timestamp_seconds": event.at,
        "event": event.event,
        "domain": domain,
        "host": event.host,
        "was": event.was,
        "state": event.state,
        "reason": event.reason,
    }


def event_documents(views: Sequence[DomainView]) -> list[dict[str, Any]]:
    """Write the changes of all domains, oldest first."""
    return sorted(_events(views), key=lambda event: float(event["timestamp_seconds"]))


def _events(views: Sequence[DomainView]) -> Iterator[dict[str, Any]]:
    for view in views:
        yield from (event_document(view.snapshot.domain, event) for event in view.timeline.events)
