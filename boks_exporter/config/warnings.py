"""What is legal and works badly together: warnings, for which no configuration is refused."""

import math
from collections.abc import Iterator
from typing import Final

from boks_exporter.config.settings import DomainSettings, FailoverSettings, PollSettings, Settings
from boks_exporter.config.strict_yaml import Path_
from boks_exporter.config.units import as_duration
from boks_exporter.config.validation import Fault
from boks_exporter.health import Thresholds
from boks_exporter.model import Promotion, Seconds
from boks_exporter.remote.settings import GateMode, LocalSettings, RemotePaths, ReplaySettings, SshSettings

PLUGINS_MAX_AGE_SECONDS: Final[Seconds] = 300.0
"""From which age on `boks-exporter check` calls a report old, unless --max-age says otherwise."""


def advice_of(settings: Settings) -> Iterator[Fault]:
    """Find what an administrator should know of these settings, and what would be better."""
    yield from _of_rounds(settings)
    for index, domain in enumerate(settings.domains):
        at = ("domains", index)
        yield from _of_thresholds(domain.thresholds, settings.poll.interval_seconds, (*at, "thresholds"))
        if not isinstance(domain.transport, ReplaySettings):
            yield from _of_transport(domain.transport, settings.poll, (*at, "transport"))
        if domain.failover and isinstance(domain.transport, SshSettings):
            yield from _of_failover(domain, domain.failover, domain.transport, at)


def _of_rounds(settings: Settings) -> Iterator[Fault]:
    poll = settings.poll
    hosts = sum(len(domain.hosts) for domain in settings.domains)
    turns = math.ceil(hosts / poll.concurrency)
    if turns > 1 and turns * poll.timeout_seconds > poll.interval_seconds:
        yield (
            ("poll", "concurrency"),
            (
                f"{hosts} hosts, {poll.concurrency} at a time: {turns} turns of up to poll.timeout "
                f"({as_duration(poll.timeout_seconds)}) do not fit into poll.interval "
                f"({as_duration(poll.interval_seconds)}); raise it, or lower poll.timeout"
            ),
        )
    if 2 * poll.interval_seconds > PLUGINS_MAX_AGE_SECONDS:
        yield (
            ("poll", "interval"),
            (
                f"one round left out makes a report older than {as_duration(PLUGINS_MAX_AGE_SECONDS)}, which "
                "`boks-exporter check --url` calls UNKNOWN; "
                f"give it --max-age {as_duration(3 * poll.interval_seconds)}, or look more often"
            ),
        )


def _of_thresholds(thresholds: Thresholds, interval: Seconds, at: Path_) -> Iterator[Fault]:
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
                f"{', '.join(short)}: what is only under way at a single look counts as a finding"
            ),
        )
    if thresholds.lag_sequences_at_once < thresholds.lag_sequences:
        yield (
            (*at, "lag_sequences_at_once"),
            (
                f"expected at least lag_sequences ({thresholds.lag_sequences}), found "
                f"{thresholds.lag_sequences_at_once}: `status` and `check` would call a replica lagging that the "
                "exporter never does"
            ),
        )


def _of_transport(transport: SshSettings | LocalSettings, poll: PollSettings, at: Path_) -> Iterator[Fault]:
    if isinstance(transport, SshSettings):
        yield from _of_host_keys(transport, at)
        if transport.gate is GateMode.INSTALLED:
            if transport.paths != RemotePaths():
                yield (
                    (*at, "paths"),
                    "has no effect with gate: installed; boks-gate.conf on each host says where BoKS lives there",
                )
            return
    limit = transport.paths.section_timeout_seconds
    if limit >= poll.timeout_seconds:
        yield (
            (*at, "paths", "section_timeout"),
            (
                f"expected less than poll.timeout ({as_duration(poll.timeout_seconds)}), found {as_duration(limit)}: "
                "of a host on which one command hangs nothing at all is learned, not even which"
            ),
        )


def _of_host_keys(transport: SshSettings, at: Path_) -> Iterator[Fault]:
    if transport.insecure_ignore_host_keys:
        beside = ", and known_hosts has no effect beside it" if transport.known_hosts else ""
        yield (
            (*at, "insecure_ignore_host_keys"),
            f"whoever answers at an address is taken for the host{beside}; name the hosts' keys in known_hosts instead",
        )


def _of_failover(
    domain: DomainSettings, failover: FailoverSettings, reading: SshSettings, at: Path_
) -> Iterator[Fault]:
    operator = (*at, "failover", "operator")
    if failover.operator.user == reading.user:
        yield (
            (*operator, "user"),
            f"{reading.user!r} is the exporter's own login: sudo knows logins only, so either key could do the same",
        )
    for number, key in enumerate(failover.operator.identity_files):
        if key in reading.identity_files:
            yield (
                (*operator, "identity_files", number),
                f"{key} is the exporter's own key: whoever reads could change as well; the operator needs another",
            )
    if not domain.discover and all(host.promotion is Promotion.NEVER for host in domain.hosts):
        yield (*at, "hosts"), "promotion is never for all of them: no failover can find a new master"
