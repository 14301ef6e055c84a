"""Read the exporter's page and health again and again, and print what they say and how long they took, as JSON lines.

    python -m tests.bed.observer ADDRESS PORT SECONDS_BETWEEN

A process of its own: what the bed does elsewhere delays no measurement.
"""

import http.client
import json
import re
import sys
import time
from collections.abc import Iterator
from typing import Any, Final

_TIMEOUT: Final = 5.0
_SAMPLE: Final = re.compile(r"^(boks_\w+)\{([^}]*)\} (\S+)$", re.MULTILINE)
_LABEL: Final = re.compile(r'(\w+)="([^"]*)"')
_OF_ITSELF: Final = re.compile(r"^(process_\w+) (\S+)$", re.MULTILINE)
_NUMBERS: Final = {
    "boks_host_up": "up",
    "boks_host_last_success_timestamp_seconds": "succeeded",
    "boks_host_clock_offset_seconds": "clock_offset",
    "boks_replica_lag_sequences": "lag",
    "boks_replica_ahead_sequences": "ahead",
}
_STATES: Final = {"boks_host_role": "role", "boks_replica_state": "state"}


def read(address: str, port: int, path: str) -> tuple[float, int, str]:
    """Return how many seconds an answer took, its status and its text; no answer has the status 0."""
    began = time.monotonic()
    connection = http.client.HTTPConnection(address, port, timeout=_TIMEOUT)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        text = answer.read().decode()
        return time.monotonic() - began, answer.status, text
    except (OSError, http.client.HTTPException) as error:
        return time.monotonic() - began, 0, repr(error)
    finally:
        connection.close()


def facts(page: str) -> dict[str, Any]:
    """Return what a page says of each host and of the domain."""
    hosts: dict[str, dict[str, Any]] = {}
    domain: dict[str, float] = {name: float(value) for name, value in _OF_ITSELF.findall(page)}
    for name, labels, value in _samples(page):
        host = hosts.setdefault(labels["host"], {"failures": {}, "evidence": []}) if "host" in labels else {}
        if name in _NUMBERS:
            host[_NUMBERS[name]] = value
        elif name in _STATES and value == 1.0:
            host[_STATES[name]] = labels[_STATES[name]]
        elif name == "boks_host_poll_failures_total":
            host["failures"][labels["reason"]] = value
        elif name == "boks_replica_evidence_timestamp_seconds":
            host["evidence"].append(labels["kind"])
        elif name == "boks_table_sequence":
            host["numbers"] = host.get("numbers", 0.0) + value
        elif name in {"boks_domain_masters", "boks_rounds_total"}:
            domain[name] = value
    return {"hosts": hosts, "domain": domain}


def _samples(page: str) -> Iterator[tuple[str, dict[str, str], float]]:
    for name, labels, value in _SAMPLE.findall(page):
        yield name, dict(_LABEL.findall(labels)), float(value)


def observation(address: str, port: int) -> dict[str, Any]:
    at = time.monotonic()
    seconds, status, text = read(address, port, "/metrics")
    healthy_seconds, healthy, _ = read(address, port, "/-/healthy")
    found = facts(text) if status == http.HTTPStatus.OK else {"hosts": {}, "domain": {}}
    timing = {"at": at, "status": status, "seconds": seconds, "healthy": healthy, "healthy_seconds": healthy_seconds}
    return timing | found | ({} if status else {"error": text})


def main() -> None:
    address, port, between = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    while True:
        began = time.monotonic()
        sys.stdout.write(json.dumps(observation(address, port)) + "\n")
        sys.stdout.flush()
        time.sleep(max(0.0, began + between - time.monotonic()))


if __name__ == "__main__":
    main()
