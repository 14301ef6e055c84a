"""What the alerts about hosts must do."""

from typing import Final

from tests.alerts.histories import (
    HOST,
    Case,
    host_failing,
    of_host,
    stands_at,
)

HOSTS: Final = (
    Case(
        alert="BoksHostUnreachable",
        severity="warning",
        lines=(of_host("boks_host_up", "1", "0"), stands_at("utrecht")),
        fires=150,
        ends=120,
        labels=HOST | {"site": "utrecht"},
        summary="replica1 does not answer the exporter (BoKS domain prod).",
        description=(
            "No poll of replica1 has succeeded for more than two minutes. Its replication state is unknown, which is not the same as DOWN."
        ),
    ),
    Case(
        alert="BoksHostKeyRefused",
        severity="warning",
        lines=host_failing("host_key"),
        fires=150,
        ends=300,
        labels=HOST | {"reason": "host_key"},
        summary="The SSH host key of replica1 is not the recorded one.",
        description=(
            "The host was reinstalled, its name resolves to another machine, or the connection is intercepted. The exporter does not connect."
        ),
    ),
    Case(
        alert="BoksLoginRefused",
        severity="warning",
        lines=host_failing("auth"),
        fires=150,
        ends=300,
        labels=HOST | {"reason": "auth"},
        summary="replica1 refuses the exporter's SSH key.",
        description="The key is missing from authorized_keys, the account is locked, or BoKS itself refuses the login.",
    ),
    Case(
        alert="BoksLoginRefusedLater",
        severity="warning",
        lines=(of_host("boks_host_login_refused", "0", "1"),),
        fires=300,
        ends=180,
        labels=HOST,
        summary="replica1 refuses new logins of the exporter; only an old connection still works.",
        description=(
            "When that connection ends, at its maximum age or with a restart of either side, the host is unreachable."
        ),
    ),
    Case(
        alert="BoksKeyUnrestricted",
        severity="warning",
        lines=(of_host("boks_host_key_unrestricted", "0", "1"),),
        fires=0,
        ends=480,
        labels=HOST,
        summary="The exporter's SSH key gives a shell on replica1.",
        description=(
            "The forced command is missing from authorized_keys. The holder of the key can run any command on replica1."
        ),
    ),
    Case(
        alert="BoksDataStale",
        severity="warning",
        lines=(of_host("boks_host_last_success_timestamp_seconds", "t-5", "frozen"),),
        fires=1170,
        ends=0,
        labels=HOST,
        summary="The values of replica1 are 20m 5s old.",
        description="The last complete poll of replica1 was that long ago.",
    ),
    Case(
        alert="BoksSharedMemoryLow",
        severity="warning",
        lines=(
            of_host("boks_host_shared_memory_free_bytes", "900", "290"),
            of_host("boks_host_shared_memory_total_bytes", "1000", "1000"),
        ),
        fires=1200,
        ends=0,
        labels=HOST,
        summary="BoKS on replica1 has 29% of its shared memory free.",
        description=(
            "Below 30 % updates may no longer fit, and data on the replica may be incomplete (HS troubleshooting/312)."
        ),
    ),
    Case(
        alert="BoksProcessMissing",
        severity="warning",
        lines=(
            of_host("boks_host_process_running", "1", "0", process="servm.r"),
            of_host("boks_host_role", "1", "1", role="replica"),
            of_host("boks_host_role", "0", "0", role="master"),
        ),
        fires=720,
        ends=0,
        labels=HOST | {"process": "servm.r"},
        summary="The process servm.r does not run on replica1.",
        description=(
            "Sites check this process (SYS, BR1). Without it a link of the replication chain, or the answers to "
            "logins, may be missing."
        ),
    ),
    Case(
        alert="BoksDataSpaceLow",
        severity="warning",
        lines=(
            of_host("boks_host_data_free_bytes", "900", "49"),
            of_host("boks_host_data_size_bytes", "1000", "1000"),
        ),
        fires=1200,
        ends=0,
        labels=HOST,
        summary="The file system of BoKS's data on replica1 has 4.9% free.",
        description="Database, spool and logs are on it. What BoKS does when it is full is not published.",
    ),
    Case(
        alert="BoksErrorLogGrowing",
        severity="warning",
        lines=(of_host("boks_host_errlog_lines_total", "+0", "+30"),),
        fires=1080,
        ends=690,
        labels=HOST,
        summary="The BoKS error log on replica1 is growing fast.",
        description="1 lines a second over 15 minutes.",
    ),
    Case(
        alert="BoksQueueGrowing",
        severity="warning",
        lines=(
            of_host("boks_host_queue_oldest_timestamp_seconds", "t-10", "frozen"),
            of_host("boks_host_queue_files", "0", "7"),
        ),
        fires=870,
        ends=0,
        labels=HOST,
        summary="Updates have been waiting in the spool of replica1 for 15m 10s.",
        description="The master's queue is not processed; replicas receive no updates.",
    ),
)
