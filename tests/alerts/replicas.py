"""What the alerts about replicas must do."""

from typing import Final

from tests.alerts.histories import (
    DOMAIN,
    HOST,
    Case,
    of_domain,
    of_host,
    stands_at,
)

REPLICAS: Final = (
    Case(
        alert="BoksReplicaDown",
        severity="critical",
        lines=(of_host("boks_replica_reported_status", "0", "1", status="down"), stands_at("utrecht")),
        fires=300,
        ends=120,
        labels=HOST | {"status": "down", "site": "utrecht"},
        summary="The master reports replica replica1 as DOWN (BoKS domain prod).",
        description="The master's list has shown replica1 as DOWN for five minutes. Clients that use it are refused or wait.",
    ),
    Case(
        alert="BoksReplicaLoadingLong",
        severity="warning",
        lines=(of_host("boks_replica_reported_status", "0", "1", status="loading"),),
        fires=3720,
        ends=0,
        labels=HOST | {"status": "loading"},
        summary="Replica replica1 has been loading its copy for more than an hour.",
        description="Loading takes minutes. A replica that never finishes restarts repeatedly, or its master cannot send.",
        sick_minutes=65,
    ),
    Case(
        alert="BoksReplicaLagging",
        severity="warning",
        lines=(
            of_host("boks_replica_lag_at_least_seconds", "0", "400"),
            of_host("boks_replica_lag_sequences", "0", "5"),
        ),
        fires=600,
        ends=0,
        labels=HOST,
        summary="Replica replica1 is at least 6m 40s behind and is not catching up.",
        description="The oldest update that replica1 lacks is at least that old, and the number of missing updates is not decreasing.",
    ),
    Case(
        alert="BoksReplicaLaggingBadly",
        severity="critical",
        lines=(
            of_host("boks_replica_lag_at_least_seconds", "0", "1000"),
            of_host("boks_replica_lag_sequences", "0", "50"),
        ),
        fires=420,
        ends=0,
        labels=HOST,
        summary="Replica replica1 is at least 16m 40s behind its master.",
        description="Users who were locked out may still log in through replica1, and new users are refused there.",
    ),
    Case(
        alert="BoksReplicaAhead",
        severity="critical",
        lines=(of_host("boks_replica_evidence_timestamp_seconds", "_", "1795423200", kind="ahead"),),
        fires=0,
        ends=420,
        labels=HOST | {"kind": "ahead"},
        summary="Replica replica1 is ahead of its master.",
        description=(
            "Proven first at 2026-11-23 08:40:00 +0000 UTC and not disproved since. A replica is ahead only if it holds data "
            "that the master never had. Logins through it are decided with wrong data (K1262)."
        ),
    ),
    Case(
        alert="BoksReplicaWasAhead",
        severity="warning",
        lines=(of_host("boks_replica_evidence_timestamp_seconds", "_", "1795423200", kind="was_ahead"),),
        fires=0,
        ends=120,
        labels=HOST | {"kind": "was_ahead"},
        summary="Replica replica1 was ahead of its master, and its copy has not been reloaded since.",
        description=(
            "The master passed its number at 2026-11-23 08:40:00 +0000 UTC. The copy held updates that the master never had, "
            "and equal numbers do not prove equal data (K1262)."
        ),
    ),
    Case(
        alert="BoksReplicaDiverged",
        severity="critical",
        lines=(of_host("boks_replica_state", "0", "1", state="diverged"),),
        fires=180,
        ends=300,
        labels=HOST | {"state": "diverged"},
        summary="The database of replica replica1 is not a copy of its master's.",
        description="Its tables are partly ahead and partly behind, missing, or of another generation. It must be rebuilt.",
    ),
    Case(
        alert="BoksReplicaMissingTables",
        severity="warning",
        lines=(of_host("boks_replica_missing_tables", "0", "2"),),
        fires=900,
        ends=0,
        labels=HOST,
        summary="Replica replica1 lacks 2 tables that its master has.",
        description="Entries of these tables do not exist for clients that use replica1.",
    ),
    Case(
        alert="BoksReplicaUnlisted",
        severity="warning",
        lines=(of_host("boks_replica_state", "0", "1", state="unlisted"),),
        fires=720,
        ends=0,
        labels=HOST | {"state": "unlisted"},
        summary="replica1 reports that it is a replica, but the master does not list it.",
        description="The master sends it no updates. It is not registered as BOKSREPLICA, or is part of another domain.",
    ),
    Case(
        alert="BoksReplicaUnresolved",
        severity="warning",
        lines=(of_domain("boks_domain_unresolved_replicas", "0", "2"),),
        fires=1200,
        ends=0,
        labels=DOMAIN,
        summary="The master of BoKS domain prod lists 2 replicas that are not in the exporter's configuration.",
        description="They are not monitored. Add them to the configuration or enable discovery.",
    ),
    Case(
        alert="BoksLinesUnrecognised",
        severity="warning",
        lines=(
            of_domain("boks_host_unrecognised_lines", "0", "1", host="replica1"),
            of_domain("boks_host_unrecognised_lines", "0", "2", host="replica2"),
            of_domain("boks_host_unrecognised_lines", "0", "0", host="master1"),
        ),
        fires=1200,
        ends=0,
        labels=DOMAIN,
        summary="The servers of BoKS domain prod print 3 lines that cannot be read.",
        description="Where a line may hide a table or a replica, the verdict is unknown. boks-exporter status shows the lines.",
    ),
    Case(
        alert="BoksViewsDisagree",
        severity="info",
        lines=(
            of_host("boks_replica_reported_status", "1", "1", status="ok"),
            of_host("boks_host_up", "1", "0"),
        ),
        fires=1020,
        ends=0,
        labels=HOST | {"status": "ok"},
        summary="The master reaches replica1, the exporter does not.",
        description="The master reports replication as OK; the connection from the exporter to replica1 fails.",
    ),
)
