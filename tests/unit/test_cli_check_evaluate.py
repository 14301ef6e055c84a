"""What each state of a report means to a monitoring system."""

from typing import Any

import pytest

from boks_exporter.cli.check.evaluate import Criteria, FigureRanges, PluginResult, judge
from boks_exporter.cli.check.ranges import read_range
from boks_exporter.cli.check.severity import DOMAIN_RULES, HOST_RULES, Severity, worst
from boks_exporter.health import DomainState, ReplicaState
from boks_exporter.report import DomainReport
from tests.unit.cli_reports import SEEN_AT, domain, host, report


def judged(*domains: DomainReport, **asked: Any) -> PluginResult:
    return judge(report(*domains), Criteria(now=SEEN_AT + 30, **asked))


def limits(warning: str | None = None, critical: str | None = None) -> FigureRanges:
    return FigureRanges(read_range(warning) if warning else None, read_range(critical) if critical else None)


def test_every_state_has_a_severity() -> None:
    """The table has exactly the states that there are."""
    assert set(HOST_RULES) == set(ReplicaState)
    assert set(DOMAIN_RULES) == set(DomainState)


@pytest.mark.parametrize(
    ("state", "severity"),
    [
        ("ok", Severity.OK),
        ("loading", Severity.WARNING),
        ("lagging", Severity.WARNING),
        ("ahead", Severity.CRITICAL),
        ("diverged", Severity.CRITICAL),
        ("down", Severity.CRITICAL),
        ("unreachable", Severity.WARNING),
        ("unlisted", Severity.WARNING),
        ("unknown", Severity.UNKNOWN),
        ("a word of the future", Severity.UNKNOWN),
    ],
)
def test_a_replica_counts_by_its_state(state: str, severity: Severity) -> None:
    """Proven harm to logins is critical, less redundancy a warning, too little knowledge unknown."""
    assert judged(domain(host(state=state))).severity is severity


def test_a_domain_of_which_no_host_answers_is_critical() -> None:
    """One silent host is a warning; when all are silent, the master included, it is what the alert pages for."""
    silent = [host("replica1", state="unreachable"), host("replica2", state="unreachable")]
    assert judged(domain(*silent)).severity is Severity.WARNING
    silent_domain = domain(hosts=silent, masters=[], state="unknown", reason="no host answers")
    assert judged(silent_domain).findings[0].headline == "unknown: no host answers"
    assert judged(silent_domain).severity is Severity.CRITICAL


@pytest.mark.parametrize(
    ("state", "severity"),
    [
        ("ok", Severity.OK),
        ("degraded", Severity.OK),
        ("unknown", Severity.UNKNOWN),
        ("no_master", Severity.CRITICAL),
        ("several_masters", Severity.CRITICAL),
        ("a word of the future", Severity.UNKNOWN),
    ],
)
def test_a_domain_counts_by_its_state(state: str, severity: Severity) -> None:
    """No master and several are critical; what only sums the hosts up says nothing of its own."""
    assert judged(domain(host(), state=state)).severity is severity


@pytest.mark.parametrize(
    ("severities", "counting"),
    [
        ((), Severity.OK),
        ((Severity.OK, Severity.UNKNOWN), Severity.UNKNOWN),
        ((Severity.UNKNOWN, Severity.WARNING), Severity.WARNING),
        ((Severity.WARNING, Severity.CRITICAL, Severity.UNKNOWN), Severity.CRITICAL),
    ],
)
def test_what_is_proven_outweighs_what_is_not_known(severities: tuple[Severity, ...], counting: Severity) -> None:
    """CRITICAL, WARNING, UNKNOWN, OK is the order."""
    assert worst(severities) is counting


def test_a_host_that_is_listed_as_down_is_down() -> None:
    """That we could not look at it ourselves does not make it better."""
    found = judged(domain(host(state="unreachable", reported_status="down")))

    assert found.severity is Severity.CRITICAL
    assert found.findings[0].headline == "replica1 is DOWN"


def test_a_site_without_healthy_replica_is_critical() -> None:
    """One replica of a site that loads is a warning; if it is the only one, the site has none."""
    loading = host("a", "loading", site="Utrecht")
    assert judged(domain(loading, host("b", site="Utrecht"))).severity is Severity.WARNING

    found = judged(domain(loading, host("c", site="Amsterdam")))

    assert found.severity is Severity.CRITICAL
    assert found.findings[0].headline == "site Utrecht has no healthy replica"


@pytest.mark.parametrize("state", ["unknown", "unreachable"])
def test_a_site_of_unknown_state_is_not_called_unhealthy(state: str) -> None:
    """When the exporter is cut off from a site, the site may serve all the same."""
    assert "site" not in judged(domain(host("a", state, site="Utrecht"))).findings[0].headline


def test_a_site_without_any_replica_is_no_finding() -> None:
    """Where a master stands alone, nothing has failed."""
    alone = domain()
    alone["hosts"][0]["site"] = "Utrecht"

    assert judged(alone).severity is Severity.OK


def test_an_unresolved_name_is_a_warning() -> None:
    """A replica that is not polled is reported."""
    found = judged(domain(host(), unresolved=["REPHOST9"]))

    assert found.severity is Severity.WARNING
    assert found.findings[0].headline == "REPHOST9 is listed by the master, but not configured"


def test_many_unresolved_names_are_counted() -> None:
    """A master that lists ten thousand names fills no screen; how many they are is not lost."""
    found = judged(domain(host(), unresolved=[f"R{number}" for number in range(10_000)]))

    assert found.severity is Severity.WARNING
    assert len(found.findings) < 30
    assert any("9980 more" in finding.headline for finding in found.findings)


def test_an_old_report_is_unknown() -> None:
    """An exporter that stands still shows the last good poll permanently."""
    old = domain(host(), last_round_timestamp_seconds=SEEN_AT - 3600)

    found = judged(old, max_age_seconds=300)

    assert found.severity is Severity.UNKNOWN
    assert found.findings[0].headline == "the last round is 1 h 0 min old"
    assert judged(old, max_age_seconds=4000).severity is Severity.OK


def test_no_domain_is_unknown() -> None:
    """Before its first round an exporter has nothing to say."""
    assert judged().severity is Severity.UNKNOWN


@pytest.mark.parametrize(
    ("given", "lag", "severity"),
    [
        (limits("10", "100"), 10, Severity.OK),
        (limits("10", "100"), 11, Severity.WARNING),
        (limits("10", "100"), 101, Severity.CRITICAL),
        (limits(critical="100"), 11, Severity.OK),
        (limits(warning="@0"), 0, Severity.WARNING),
        (limits("10", "100"), None, Severity.UNKNOWN),
    ],
)
def test_a_range_adds_to_the_verdict(given: FigureRanges, lag: int | None, severity: Severity) -> None:
    """A figure outside its range counts as the option says; one that is unknown is never taken as fine."""
    assert judged(domain(host(lag_sequences=lag)), limits={"lag": given}).severity is severity


def test_a_range_excuses_no_verdict() -> None:
    """A replica that is lagging by the configuration's limits is so, whatever the command line allows."""
    found = judged(domain(host(state="lagging", lag_sequences=50)), limits={"lag": limits("1000")})

    assert found.severity is Severity.WARNING


def test_no_missing_update_has_no_age() -> None:
    """A single look knows no ages; of a replica that lacks nothing it need not know one."""
    asked = {"lag_seconds": limits("120")}
    assert judged(domain(host(lag_sequences=0, lag_seconds=None)), limits=asked).severity is Severity.OK

    found = judged(domain(host(lag_sequences=3, lag_seconds=None)), limits=asked)

    assert found.severity is Severity.UNKNOWN
    assert found.findings[0].detail.endswith("a one-shot poll has no history: read from a running exporter with --url")


def test_a_master_has_no_figures() -> None:
    """Ranges do not ask a master how far it is behind itself."""
    assert judged(domain(), limits={"lag": limits("10")}).severity is Severity.OK


def test_only_the_named_hosts_count() -> None:
    """A check of one host tells neither of the others nor of the domain as a whole."""
    sick = domain(host("a"), host("b", "down"), state="several_masters", unresolved=["c"])

    assert judged(sick, hosts=("A",)).severity is Severity.OK
    assert judged(sick, hosts=("b",)).severity is Severity.CRITICAL


def test_a_host_that_is_not_there_is_unknown() -> None:
    """A misspelt name must not look like a healthy host."""
    found = judged(domain(host("a")), hosts=("a", "z"))

    assert found.severity is Severity.UNKNOWN
    assert found.findings[0].headline == "no host z in the report"


def test_a_copy_that_was_ahead_is_a_warning_and_no_healthy_replica_of_its_site() -> None:
    doubtful = host("replica1", "unknown", site="delft", evidence_timestamp_seconds={"was_ahead": 1.0})
    result = judged(domain(doubtful, state="degraded"))
    assert {(finding.severity, finding.headline) for finding in result.findings} == {
        (Severity.CRITICAL, "site delft has no healthy replica"),
        (Severity.WARNING, "replica1 is UNKNOWN"),
        (Severity.OK, "master1 is ok"),
    }
