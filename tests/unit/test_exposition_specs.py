"""The table of metrics: what is promised to users by name."""

import re
from enum import StrEnum
from pathlib import Path

import pytest

from boks_exporter.errors import FailureReason
from boks_exporter.exposition import SPECS, Kind, MetricSpec
from boks_exporter.health import DomainState, ReplicaState
from boks_exporter.model import ReportedStatus, Role
from boks_exporter.replication import EvidenceKind
from scripts.generate_metrics_doc import GROUPS, PAGE, page

ROOT = Path(__file__).parent.parent.parent
BY_NAME = {spec.name: spec for spec in SPECS}

HOST = ("boks_domain", "host")
TABLE = ("boks_domain", "host", "table")
DOMAIN = ("boks_domain",)

PROMISED: dict[str, tuple[str, ...]] = {
    "boks_exporter_build_info": ("version", "revision", "python"),
    "boks_exporter_config_last_reload_successful": (),
    "boks_exporter_config_last_reload_success_timestamp_seconds": (),
    "boks_host_up": HOST,
    "boks_host_info": (*HOST, "address", "site", "section"),
    "boks_host_role": (*HOST, "role"),
    "boks_host_last_attempt_timestamp_seconds": HOST,
    "boks_host_last_success_timestamp_seconds": HOST,
    "boks_host_poll_duration_seconds": HOST,
    "boks_host_polls_total": HOST,
    "boks_host_poll_failures_total": (*HOST, "reason"),
    "boks_host_reconnects_total": HOST,
    "boks_host_key_unrestricted": HOST,
    "boks_host_login_refused": HOST,
    "boks_table_sequence": TABLE,
    "boks_table_stamp_timestamp_seconds": TABLE,
    "boks_replica_lag_sequences": HOST,
    "boks_replica_ahead_sequences": HOST,
    "boks_replica_lag_possible_sequences": HOST,
    "boks_replica_ahead_possible_sequences": HOST,
    "boks_replica_evidence_timestamp_seconds": (*HOST, "kind"),
    "boks_replica_table_lag_sequences": TABLE,
    "boks_replica_table_ahead_sequences": TABLE,
    "boks_replica_lag_seconds": HOST,
    "boks_replica_behind_best_sequences": HOST,
    "boks_replica_stamp_mismatch_tables": HOST,
    "boks_replica_missing_tables": HOST,
    "boks_replica_state": (*HOST, "state"),
    "boks_replica_reported_status": (*HOST, "status"),
    "boks_replica_last_packet_timestamp_seconds": HOST,
    "boks_replica_last_failure_timestamp_seconds": HOST,
    "boks_replica_last_sync_timestamp_seconds": HOST,
    "boks_replica_packets": HOST,
    "boks_replica_promotable": HOST,
    "boks_domain_masters": DOMAIN,
    "boks_domain_hosts": DOMAIN,
    "boks_domain_replicas": (*DOMAIN, "state"),
    "boks_site_replicas": (*DOMAIN, "site", "state"),
    "boks_section_replicas": (*DOMAIN, "section", "state"),
    "boks_round_duration_seconds": DOMAIN,
    "boks_round_interval_seconds": DOMAIN,
    "boks_round_last_timestamp_seconds": DOMAIN,
    "boks_round_skew_seconds": DOMAIN,
    "boks_rounds_total": DOMAIN,
    "boks_round_overruns_total": DOMAIN,
    "boks_host_shared_memory_total_bytes": HOST,
    "boks_host_shared_memory_free_bytes": HOST,
    "boks_host_errlog_lines_total": HOST,
    "boks_host_queue_files": HOST,
    "boks_host_queue_oldest_timestamp_seconds": HOST,
    "boks_host_config_checksum_info": (*HOST, "name", "checksum"),
    "boks_maintenance_active": HOST,
    "boks_maintenance_until_timestamp_seconds": HOST,
    "boks_failover_runs_total": (*DOMAIN, "procedure", "outcome"),
    "boks_failover_in_progress": DOMAIN,
    "boks_failover_last_timestamp_seconds": DOMAIN,
}
"""Names and labels that dashboards and alerts of users rest on: nothing here changes without a new major version."""

FURTHER = {
    "boks_exporter_evidence_since_timestamp_seconds": DOMAIN,
    "boks_exporter_insecure_host_keys": DOMAIN,
    "boks_host_clock_offset_seconds": HOST,
    "boks_host_process_running": (*HOST, "process"),
    "boks_host_data_free_bytes": HOST,
    "boks_host_data_size_bytes": HOST,
    "boks_host_gate_info": (*HOST, "version"),
    "boks_host_unrecognised_lines": HOST,
    "boks_host_ignored_lines": HOST,
    "boks_replica_lag_at_least_seconds": HOST,
    "boks_domain_state": (*DOMAIN, "state"),
    "boks_domain_second_names": DOMAIN,
    "boks_domain_unresolved_replicas": DOMAIN,
    "boks_failover_journal_readable": DOMAIN,
    "boks_failover_freeze_active": DOMAIN,
    "boks_failover_freeze_until_timestamp_seconds": DOMAIN,
}


def test_every_promised_metric_exists_with_its_labels() -> None:
    """And no other one without being written down here."""
    assert {spec.name: spec.labels for spec in SPECS} == PROMISED | FURTHER


@pytest.mark.parametrize(
    ("name", "choices"),
    [
        ("boks_host_role", Role),
        ("boks_host_poll_failures_total", FailureReason),
        ("boks_replica_state", ReplicaState),
        ("boks_replica_evidence_timestamp_seconds", EvidenceKind),
        ("boks_replica_reported_status", ReportedStatus),
        ("boks_domain_replicas", ReplicaState),
        ("boks_site_replicas", ReplicaState),
        ("boks_section_replicas", ReplicaState),
        ("boks_domain_state", DomainState),
    ],
)
def test_closed_sets_are_named(name: str, choices: type[StrEnum]) -> None:
    """The last label's values are in the HELP text."""
    assert BY_NAME[name].choices is choices
    assert f"Values of {BY_NAME[name].labels[-1]}: {', '.join(choices)}." in BY_NAME[name].help


def test_the_closed_sets_are_the_promised_ones() -> None:
    assert [*ReplicaState] == [
        "ok", "loading", "lagging", "ahead", "diverged", "down", "unreachable", "unlisted", "unknown",
    ]  # fmt: skip
    assert [*FailureReason] == [
        "dns", "connect", "timeout", "host_key", "auth", "channel", "exit_status", "parse", "too_large", "cancelled",
        "local", "resources", "busy",
    ]  # fmt: skip
    assert [*Role] == ["master", "replica", "client", "unknown"]
    assert [*ReportedStatus] == ["ok", "loading", "down", "other"]


UNITS = {
    "_timestamp_seconds": "Unix seconds",
    "_seconds": "seconds",
    "_bytes": "bytes",
    "_sequences": "updates",
    "_sequence": "updates",
    "_tables": "tables",
    "_info": "always 1",
}


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_a_metric_keeps_the_rules_of_the_field(spec: MetricSpec) -> None:
    """Prefix, characters, `_total` on counters only, `_info` on infos only, its unit in the name."""
    assert re.fullmatch(r"boks(_[a-z]+)+", spec.name)
    assert spec.name.endswith("_total") == (spec.kind is Kind.COUNTER)
    assert spec.name.endswith("_info") == (spec.kind is Kind.INFO)
    unit = next((unit for suffix, unit in UNITS.items() if spec.name.endswith(suffix)), None)
    assert unit is None or spec.unit.startswith(unit)
    if spec.unit.startswith(("seconds", "Unix seconds", "bytes")):
        assert spec.name.endswith(("_seconds", "_bytes"))
    assert (spec.kind is Kind.STATESET) <= (spec.choices is not None)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_a_metric_shows_in_one_line_what_it_is(spec: MetricSpec) -> None:
    """Meaning, unit, and, where there may be no sample, when."""
    assert "\n" not in spec.help
    assert spec.meaning[0].isupper() or spec.meaning[0].isdigit() or spec.meaning.startswith("boks_")
    assert spec.meaning.endswith(".")
    assert f" Unit: {spec.unit}." in spec.help
    assert (f" Absent {spec.absent}." in spec.help) == bool(spec.absent)
    assert (f" Source: {spec.source}." in spec.help) == bool(spec.source)
    assert not spec.absent.endswith(".")


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.name)
def test_labels_identify_and_do_not_collide(spec: MetricSpec) -> None:
    assert not set(spec.labels) & {"type", "cluster", "env", "dc", "service", "job", "instance", "le", "quantile"}
    assert len(set(spec.labels)) == len(spec.labels)
    if not spec.name.startswith("boks_exporter_"):
        assert spec.labels[0] == "boks_domain"


def test_the_page_of_metrics_is_the_written_one() -> None:
    """docs/metrics.md is made by scripts/generate_metrics_doc.py; run it after a change."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_metric_is_in_one_group_of_the_page() -> None:
    """No metric is left out."""
    for spec in SPECS:
        assert sum(spec.name.startswith(prefix) for prefixes in GROUPS.values() for prefix in prefixes) == 1, spec.name
