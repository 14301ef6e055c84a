"""No fact, no sample; a fact, exactly its samples."""

from dataclasses import replace

from boks_exporter.errors import FailureReason
from boks_exporter.exposition import DomainView, ExpositionOptions, TableLag, Tables
from boks_exporter.exposition.samples import samples
from boks_exporter.health import ReplicaState
from boks_exporter.model import Host, Queue, Role, Section, SectionFault
from tests.nonempty import nonempty
from tests.unit.exposition_views import BEGUN, HOSTS, INFO, busy, line, no_master, published, seen, sound_outcomes, view

Series = dict[tuple[str, ...], float]


def shown(name: str, *views: DomainView) -> Series:
    """Return a metric's samples by their labels, without the domain."""
    return {labels[1:]: float(value) for spec, labels, value in samples(views, INFO) if spec.name == name}


def test_a_host_that_does_not_answer_keeps_its_lamps_and_loses_the_rest() -> None:
    """up, role, counters and timestamps stay; nothing derived is made up."""
    names = {spec.name for spec, labels, _ in samples((published(),), INFO) if labels[1:2] == ("REPHOST",)}
    assert names == {
        "boks_host_up",
        "boks_host_info",
        "boks_host_role",
        "boks_host_last_attempt_timestamp_seconds",
        "boks_host_last_success_timestamp_seconds",
        "boks_host_poll_duration_seconds",
        "boks_host_polls_total",
        "boks_host_poll_failures_total",
        "boks_host_reconnects_total",
        "boks_replica_state",
        "boks_replica_promotable",
        "boks_replica_reported_status",
        "boks_replica_last_packet_timestamp_seconds",
        "boks_replica_last_failure_timestamp_seconds",
        "boks_replica_last_sync_timestamp_seconds",
        "boks_replica_packets",
    }
    assert shown("boks_host_up", published())[("REPHOST",)] == 0
    assert shown("boks_host_role", published())[("REPHOST", "unknown")] == 1


def test_a_closed_set_is_one_one_and_the_rest_zero() -> None:
    """Each host has exactly one role, each replica exactly one state."""
    states = shown("boks_replica_state", busy())
    for host in ("REPHOST", "REPHOST2", "REPHOST3", "REPHOST4", "REPHOST5"):
        assert sum(states[host, state] for state in ReplicaState) == 1
    assert states["REPHOST3", "lagging"] == 1
    assert ("MASTER", "ok") not in states


def test_every_reason_is_there_from_the_start() -> None:
    """A rate over a counter that appears at 1 misses the first failure."""
    failures = shown("boks_host_poll_failures_total", published())
    assert {(host, reason) for host, reason in failures} == {
        (host.name, str(reason)) for host in HOSTS for reason in FailureReason
    }
    assert failures["REPHOST", "connect"] == 4
    assert failures["MASTER", "connect"] == 0


def test_without_a_master_nothing_is_compared_but_the_best_copy() -> None:
    """Lag, ahead, missing tables and the list are not known; how the copies stand among one another is."""
    for name in ("lag_sequences", "ahead_sequences", "lag_seconds", "lag_at_least_seconds", "missing_tables"):
        assert shown(f"boks_replica_{name}", no_master()) == {}
    assert shown("boks_replica_reported_status", no_master()) == {}
    assert shown("boks_domain_unresolved_replicas", no_master()) == {}
    assert shown("boks_round_skew_seconds", no_master()) == {}
    assert shown("boks_replica_behind_best_sequences", no_master())["REPHOST",] == 2
    assert shown("boks_domain_masters", no_master()) == {(): 0}


def test_lag_in_seconds_is_the_middle_and_the_proof_its_lower_bound() -> None:
    """What was written between 150 s and 119.75 s before the round."""
    assert shown("boks_replica_lag_seconds", busy())["REPHOST3",] == 136.0
    assert shown("boks_replica_lag_at_least_seconds", busy())["REPHOST3",] == 120.75


def test_only_the_worst_tables_where_so_configured() -> None:
    """A large domain has thousands of series; the ones that differ are enough."""
    assert {labels[1] for labels in shown("boks_table_sequence", busy())} == {"T7", "T15"}
    assert {labels[1] for labels in shown("boks_table_sequence", published())} == {"T7", "T9", "T15"}
    no_stamps = view(
        (Host("M", "m"),), [seen("M", Role.MASTER, {7: 1}, BEGUN)], options=ExpositionOptions(tables=Tables.WORST)
    )
    assert shown("boks_table_sequence", no_stamps) == {}


def test_a_tables_lag_is_shown_where_there_is_some_or_on_demand() -> None:
    """Zero is a fact, but not one worth thousands of series."""
    assert shown("boks_replica_table_lag_sequences", published()) == {}
    everything = published(ExpositionOptions(table_lag=TableLag.ALL))
    assert set(shown("boks_replica_table_lag_sequences", everything).values()) == {0.0}
    assert len(shown("boks_replica_table_ahead_sequences", everything)) == 4 * 3


def test_ages_become_points_in_time() -> None:
    """The list was read a quarter of a second after the round began; its ages count from there."""
    assert shown("boks_replica_last_packet_timestamp_seconds", published())["REPHOST5",] == BEGUN + 0.25 - 49
    assert ("REPHOST3",) not in shown("boks_replica_last_failure_timestamp_seconds", published())
    empty = view((Host("M", "m"),), [seen("M", Role.MASTER, {7: 1}, BEGUN, queue=Queue(0, None))])
    assert shown("boks_host_queue_files", empty) == {("M",): 0}
    assert shown("boks_host_queue_oldest_timestamp_seconds", empty) == {}


def test_a_listed_name_without_a_host_is_counted_and_has_no_series_of_its_own() -> None:
    assert shown("boks_domain_unresolved_replicas", busy()) == {(): 1}
    assert all("STRANGER" not in labels for _, labels, _ in nonempty(samples((busy(),), INFO)))


def test_replicas_are_counted_by_state_with_all_states() -> None:
    """A state that none has is 0, so that a sum never lacks one."""
    sites = shown("boks_site_replicas", published())
    assert {site for site, _ in sites} == {"amsterdam", "utrecht"}
    assert len(sites) == 2 * len(ReplicaState)
    assert sites["amsterdam", "ok"] == 1
    assert sites["amsterdam", "unreachable"] == 1
    assert shown("boks_domain_replicas", published())["ok",] == 4


def test_a_host_whose_sequences_hang_is_not_up() -> None:
    fault = SectionFault(Section.SEQUENCE, FailureReason.TIMEOUT, "sequence was cut by the gate's time limit")
    cut = replace(seen("M", Role.MASTER, None, BEGUN), faults=(fault,))
    assert shown("boks_host_up", view((Host("M", "m"),), [cut])) == {("M",): 0}
    bonus = replace(seen("M", Role.MASTER, {7: 1}, BEGUN), faults=(replace(fault, section=Section.MEMORY),))
    assert shown("boks_host_up", view((Host("M", "m"),), [bonus])) == {("M",): 1}


def test_a_host_that_was_never_polled_has_no_duration() -> None:
    """It is known, and nothing is known of it."""
    quiet = view((Host("X", "x"),), [])
    assert shown("boks_host_up", quiet) == {("X",): 0}
    assert shown("boks_host_poll_duration_seconds", quiet) == {}
    assert shown("boks_host_last_attempt_timestamp_seconds", quiet) == {}


def test_a_server_that_is_listed_twice_has_one_series_each() -> None:
    """The worse row is published: a page with the same series twice is refused as a whole."""
    twice = (line("REPHOST3", "DOWN", 179, 133, 704, 2), line("REPHOST3", "OK", 49, None, 289, 1))
    page = view(HOSTS, sound_outcomes(), listed=twice)
    series = [(spec.name, labels) for spec, labels, _ in samples((page,), INFO)]
    assert len(series) == len(set(series))
    assert shown("boks_replica_reported_status", page)["REPHOST3", "down"] == 1
    assert shown("boks_replica_packets", page)["REPHOST3",] == 2
