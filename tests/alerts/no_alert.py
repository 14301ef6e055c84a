"""Histories that resemble a fault and must not raise an alert."""

from typing import Final

from tests.alerts.histories import (
    Quiet,
    of_domain,
    of_host,
    stands_at,
)

_ONE_REPLICA_LISTED_DOWN: Final = (
    of_domain("boks_site_replicas", "1", "0", site="utrecht", state="ok"),
    of_domain("boks_site_replicas", "0", "1", site="utrecht", state="down"),
    of_host("boks_replica_reported_status", "0", "1", status="down"),
    stands_at("utrecht"),
)

QUIET: Final = (
    Quiet(
        name="a host prints lines that the configuration ignores",
        alerts=("BoksLinesUnrecognised",),
        lines=(
            of_domain("boks_host_unrecognised_lines", "0", "0", host="replica1"),
            of_domain("boks_host_ignored_lines", "0", "3", host="replica1"),
        ),
    ),
    Quiet(
        name="the exporter does not reach a site, and the master does",
        alerts=("BoksSiteWithoutReplica", "BoksReplicaDown", "BoksNoMaster"),
        lines=(
            of_domain("boks_site_replicas", "2", "0", site="utrecht", state="ok"),
            of_domain("boks_site_replicas", "0", "2", site="utrecht", state="unreachable"),
            of_host("boks_replica_state", "0", "1", state="unreachable"),
            of_host("boks_replica_reported_status", "1", "1", status="ok"),
            of_host("boks_replica_reported_status", "0", "0", status="down"),
            of_domain("boks_domain_masters", "1", "1"),
            stands_at("utrecht"),
        ),
    ),
    Quiet(
        name="a master has returned, and lists every replica as DOWN until it has reached it",
        alerts=("BoksSiteWithoutReplica",),
        lines=(
            of_domain("boks_domain_masters", "1", "0"),
            *_ONE_REPLICA_LISTED_DOWN,
        ),
        sick_minutes=4,
    ),
    Quiet(
        name="a new master lists every replica as DOWN until it has reached it",
        alerts=("BoksSiteWithoutReplica",),
        lines=(
            of_domain("boks_domain_masters", "1", "1"),
            of_domain("boks_host_role", "1", "0", host="master1", role="master"),
            of_domain("boks_host_role", "0", "1", host="replica2", role="master"),
            *_ONE_REPLICA_LISTED_DOWN,
        ),
        sick_minutes=4,
    ),
    Quiet(
        name="a site of one replica, whose state is unknown while the master does not answer",
        alerts=("BoksSiteWithoutReplica",),
        lines=(
            of_domain("boks_site_replicas", "1", "0", site="utrecht", state="ok"),
            of_domain("boks_site_replicas", "0", "1", site="utrecht", state="unknown"),
            of_host("boks_replica_state", "0", "1", state="unknown"),
            stands_at("utrecht"),
        ),
    ),
    Quiet(
        name="a site has clients only",
        alerts=("BoksSiteWithoutReplica", "BoksSiteWithoutSpare"),
        lines=(
            of_domain("boks_site_replicas", "0", "0", site="utrecht", state="ok"),
            of_domain("boks_site_replicas", "0", "0", site="utrecht", state="down"),
        ),
    ),
    Quiet(
        name="a replica lacks many updates, all of them young",
        alerts=("BoksReplicaLagging", "BoksReplicaLaggingBadly"),
        lines=(
            of_host("boks_replica_lag_at_least_seconds", "0", "200"),
            of_host("boks_replica_lag_sequences", "0", "5000"),
        ),
    ),
    Quiet(
        name="a replica lacks one update for hours",
        alerts=("BoksReplicaLaggingBadly",),
        lines=(
            of_host("boks_replica_lag_at_least_seconds", "0", "7200"),
            of_host("boks_replica_lag_sequences", "0", "1"),
        ),
    ),
    Quiet(
        name="a replica is two minutes late and keeps up",
        alerts=("BoksReplicaReceivesNothing", "BoksReplicaLagging", "BoksReplicaLaggingBadly"),
        lines=(
            of_host("boks_replica_lag_at_least_seconds", "0", "150"),
            of_host("boks_replica_lag_sequences", "0", "5"),
            of_host("boks_replica_reported_status", "1", "1", status="ok"),
            of_host("boks_table_sequence", "+1", "+1", table="T7"),
            of_domain("boks_replica_reported_status", "1", "1", host="replica2", status="ok"),
            of_domain("boks_table_sequence", "+1", "+1", host="replica2", table="T7"),
        ),
    ),
    Quiet(
        name="a replica answers again and lacks what was written meanwhile",
        alerts=("BoksReplicaReceivesNothing",),
        lines=(
            of_host("boks_replica_lag_sequences", "5", "_"),
            of_host("boks_replica_reported_status", "1", "1", status="ok"),
            of_host("boks_table_sequence", "+1", "_", table="T7"),
            of_domain("boks_replica_reported_status", "1", "1", host="replica2", status="ok"),
            of_domain("boks_table_sequence", "+1", "+1", host="replica2", table="T7"),
        ),
        sick_minutes=10,
    ),
    Quiet(
        name="a replica that was DOWN is listed as OK, and its first update has not arrived",
        alerts=("BoksReplicaReceivesNothing",),
        lines=(
            of_host("boks_replica_lag_sequences", "50", "50"),
            of_host("boks_replica_reported_status", "0", "1", status="ok"),
            of_host("boks_replica_reported_status", "1", "0", status="down"),
            of_host("boks_table_sequence", "7", "7", table="T7"),
            of_domain("boks_replica_reported_status", "1", "1", host="replica2", status="ok"),
            of_domain("boks_table_sequence", "+1", "+1", host="replica2", table="T7"),
        ),
        sick_minutes=2,
    ),
    Quiet(
        name="the master sends to no replica: that is no fault of one of them",
        alerts=("BoksReplicaReceivesNothing",),
        lines=(
            of_host("boks_replica_lag_at_least_seconds", "0", "150"),
            of_host("boks_replica_lag_sequences", "0", "5"),
            of_host("boks_replica_reported_status", "1", "1", status="ok"),
            of_host("boks_table_sequence", "+1", "frozen", table="T7"),
            of_domain("boks_replica_reported_status", "1", "1", host="replica2", status="ok"),
            of_domain("boks_table_sequence", "+1", "frozen", host="replica2", table="T7"),
            of_domain("boks_table_sequence", "+1", "+1", host="master1", table="T7"),
        ),
    ),
    Quiet(
        name="the exporter reaches no host: that there is no master is unknown",
        alerts=("BoksNoMaster",),
        lines=(of_host("boks_host_up", "1", "0"), of_domain("boks_domain_masters", "1", "_")),
    ),
    Quiet(
        name="the same host is master after a restart of the exporter",
        alerts=("BoksMasterChanged", "BoksNoMaster", "BoksSeveralMasters"),
        lines=(
            of_domain("boks_host_role", "1", "1", host="master1", role="master"),
            of_domain("boks_domain_masters", "1", "1"),
        ),
    ),
    Quiet(
        name="a host's failures of long ago come back with its counter after a restart of the exporter",
        alerts=("BoksHostKeyRefused", "BoksLoginRefused", "BoksRoundsOverrun"),
        lines=(
            of_host("boks_host_up", "1", "1"),
            of_host("boks_host_poll_failures_total", "7", "1", reason="host_key"),
            of_host("boks_host_poll_failures_total", "7", "1", reason="auth"),
            of_domain("boks_round_overruns_total", "7", "1"),
        ),
    ),
)
