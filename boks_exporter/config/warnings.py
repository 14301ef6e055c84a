"""Warnings about settings that are valid but work badly together."""

import math
from collections.abc import Iterator
from typing import Final

from boks_exporter.config.settings import DomainSettings, FailoverSettings, PollSettings, Settings
from boks_exporter.config.strict_yaml import Path_
from boks_exporter.config.validation import Fault
from boks_exporter.health import Thresholds
from boks_exporter.model import Promotion, Seconds
from boks_exporter.remote.settings import GateMode, LocalSettings, RemotePaths, ReplaySettings, SshSettings
from boks_exporter.text.units import as_duration

PLUGINS_MAX_AGE_SECONDS: Final[Seconds] = 300.0
"""The default of `boks-exporter check --max-age`."""


def warnings_for(settings: Settings) -> Iterator[Fault]:
    """Report questionable settings, each with a better one."""
    yield from _round_warnings(settings)
    for index, domain in enumerate(settings.domains):
        at = ("domains", index)
        yield from _threshold_warnings(domain.thresholds, settings.poll.interval_seconds, (*at, "thresholds"))
        if not isinstance(domain.transport, ReplaySettings):
            yield from _transport_warnings(domain.transport, settings.poll, (*at, "transport"))
        if domain.failover and isinstance(domain.transport, SshSettings):
            yield from _failover_warnings(domain, domain.failover, domain.transport, at)


def _round_warnings(settings: Settings) -> Iterator[Fault]:
    poll = settings.poll
    hosts = sum(len(domain.hosts) for domain in settings.domains)
    batches = math.ceil(hosts / poll.concurrency)
    if batches > 1 and batches * poll.timeout_seconds > poll.interval_seconds:
        yield (
            ("poll", "concurrency"),
            (
                f"{hosts} hosts, {poll.concurrency} at a time: {batches} batches of up to poll.timeout "
                f"({as_duration(poll.timeout_seconds)}) do not fit into poll.interval "
                f"({as_duration(poll.interval_seconds)}); raise it, or lower poll.timeout"
            ),
        )
    if 2 * poll.interval_seconds > PLUGINS_MAX_AGE_SECONDS:
        yield (
            ("poll", "interval"),
            (
                f"one missed round makes a report older than {as_duration(PLUGINS_MAX_AGE_SECONDS)}, which "
                "`boks-exporter check --url` reports as UNKNOWN; "
                f"use --max-age {as_duration(3 * poll.interval_seconds)} there, or a shorter interval"
            ),
        )


def _threshold_warnings(thresholds: Thresholds, interval: Seconds, at: Path_) -> Iterator[Fault]:
    ages = {
        "lag_age": thresholds.lag_seconds,
        "stamp_age": thresholds.stamp_seconds,
        "missing_age": thresholds.missing_seconds,
    }
    if short := [f"{key} ({as_duration(age)})" for key, age in ages.items() if age < 2 * interval]:
        yield (
            at,
            (
                f"expected at least two of poll.interval ({as_duration(2 * interval)}) for each age, found "
                f"{', '.join(short)}: updates in transit at one poll would count as a finding"
            ),
        )
    if thresholds.lag_sequences_at_once < thresholds.lag_sequences:
        yield (
            (*at, "lag_sequences_at_once"),
            (
                f"expected at least lag_sequences ({thresholds.lag_sequences}), found "
                f"{thresholds.lag_sequences_at_once}: `status` and `check` would report a replica as lagging that the "
                "daemon does not"
            ),
        )


def _transport_warnings(transport: SshSettings | LocalSettings, poll: PollSettings, at: Path_) -> Iterator[Fault]:
    if isinstance(transport, SshSettings):
        yield from _host_key_warnings(transport, at)
        if transport.gate is GateMode.INSTALLED:
            if transport.paths != RemotePaths():
                yield (
                    (*at, "paths"),
                    "has no effect with gate: installed; boks-gate.conf on each host sets the paths of BoKS",
                )
            return
    limit = transport.paths.section_timeout_seconds
    if limit >= poll.timeout_seconds:
        yield (
            (*at, "paths", "section_timeout"),
            (
                f"expected less than poll.timeout ({as_duration(poll.timeout_seconds)}), found {as_duration(limit)}: "
                "if one command hangs on a host, the whole poll of that host fails"
            ),
        )


def _host_key_warnings(transport: SshSettings, at: Path_) -> Iterator[Fault]:
    if transport.insecure_ignore_host_keys:
        unused = ", and known_hosts has no effect with it" if transport.known_hosts else ""
        yield (
            (*at, "insecure_ignore_host_keys"),
            f"any machine that answers at an address is accepted as the host{unused}; use known_hosts instead",
        )


def _failover_warnings(
    domain: DomainSettings, failover: FailoverSettings, reading: SshSettings, at: Path_
) -> Iterator[Fault]:
    operator = (*at, "failover", "operator")
    if failover.operator.user == reading.user:
        yield (
            (*operator, "user"),
            f"{reading.user!r} is the exporter's own login: sudo rules are per login, so both keys could do the same",
        )
    for number, key in enumerate(failover.operator.identity_files):
        if key in reading.identity_files:
            yield (
                (*operator, "identity_files", number),
                f"{key} is the exporter's own key, which could then change hosts; use another key for the operator",
            )
    if not domain.discover and all(host.promotion is Promotion.NEVER for host in domain.hosts):
        yield (*at, "hosts"), "promotion is never for every host: no failover can find a new master"
