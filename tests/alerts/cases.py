"""What each shipped alert must do: a history of its series, and the exact times at which it fires and ends."""

from dataclasses import dataclass, field
from typing import Final

STEP: Final = 30
"""Seconds between scrapes and between evaluations, as the rules' own header assumes."""

_EXACT: Final = 1e5
SOUND_MINUTES: Final = 20
"""How long everything is sound before the fault begins; longer than every window of the rules."""

ALWAYS_FIRES: Final = "BoksWatchdog"

LABELS: Final = {"job": "boks", "instance": "exporter:16500"}
DOMAIN: Final = LABELS | {"boks_domain": "prod"}
HOST: Final = DOMAIN | {"host": "replica1"}

DOMAIN_ONLY: Final = {"boks_domain": "prod"}
HOST_ONLY: Final = {"boks_domain": "prod", "host": "replica1"}


def series(name: str, labels: dict[str, str]) -> str:
    """Write a series as promtool does."""
    inside = ", ".join(f'{key}="{value}"' for key, value in labels.items())
    return f"{name}{{{inside}}}"


@dataclass(frozen=True)
class Line:
    """One series: its value while all is sound, and while it is not.

    A value is a number, `+n` or `-n` for what rises or falls by n each step, `t-n` for a point in time n seconds before the step,
    `frozen` for the value before, `_` for no sample.
    """

    name: str
    labels: dict[str, str]
    sound: str
    sick: str

    def values(self, sound_steps: int, sick_steps: int, after_steps: int, gap: tuple[int, int] = (0, 0)) -> str:
        """Write the samples of the whole history; `gap` are steps in which a scrape failed.

        Prometheus marks a series as stale when a scrape fails or no longer shows it; `up` alone goes on, as 0.
        """
        now, words = 0.0, [""]
        for step in range(sound_steps + sick_steps + after_steps):
            rule = self.sick if sound_steps <= step < sound_steps + sick_steps else self.sound
            now = _value(rule, now, step)
            failed = gap[0] <= step < gap[1]
            if rule == "_" or (failed and self.name != "up"):
                words.append("_" if words[-1] in {"", "_", "stale"} else "stale")
            elif failed:
                words.append("0")
            else:
                words.append(f"{now:g}" if now < _EXACT else f"{now:.0f}")
        return " ".join(words[1:])


def _value(rule: str, now: float, step: int) -> float:
    if rule.startswith(("+", "-")):
        return now + float(rule)
    if rule.startswith("t-"):
        return step * STEP - float(rule[2:])
    return now if rule in {"_", "frozen"} else float(rule)


@dataclass(frozen=True)
class Case:
    """One alert: `fires` and `ends` are seconds from the first and from the last sick sample's successor."""

    alert: str
    severity: str
    lines: tuple[Line, ...]
    fires: int
    ends: int
    summary: str
    description: str
    labels: dict[str, str] = field(default_factory=dict)
    sick_minutes: int = 35


def _up(sound: str = "1", sick: str = "1") -> Line:
    return Line("up", LABELS, sound, sick)


def _host(name: str, sound: str, sick: str, /, **more: str) -> Line:
    return Line(name, HOST | more, sound, sick)


def _domain(name: str, sound: str, sick: str, /, **more: str) -> Line:
    return Line(name, DOMAIN | more, sound, sick)


def _stands(site: str) -> Line:
    return _host("boks_host_info", "1", "1", address="192.0.2.7", site=site, section="core")


def _host_failing(reason: str) -> tuple[Line, ...]:
    return (
        _host("boks_host_up", "1", "0"),
        _host("boks_host_poll_failures_total", "+0", "+1", reason=reason),
    )


CASES: Final = (
    Case(
        alert="BoksExporterDown",
        severity="critical",
        lines=(_up("1", "0"),),
        fires=300,
        ends=0,
        labels=LABELS,
        summary="Prometheus cannot scrape the BoKS exporter exporter:16500.",
        description=(
            "For five minutes no scrape of exporter:16500 has worked. Replication is not watched; BoKS itself may be fine."
        ),
    ),
    Case(
        alert="BoksExporterAbsent",
        severity="critical",
        lines=(_up("1", "_"),),
        fires=600,
        ends=0,
        labels={"job": "boks"},
        summary="No BoKS exporter is configured as a target of Prometheus.",
        description=(
            'There is no target with job="boks". Either the scrape configuration lost it or service discovery finds nothing.'
        ),
    ),
    Case(
        alert="BoksExporterStalled",
        severity="critical",
        lines=(
            _domain("boks_round_last_timestamp_seconds", "t-5", "frozen"),
            _domain("boks_round_interval_seconds", "30", "30"),
        ),
        fires=240,
        ends=0,
        labels=DOMAIN,
        summary="The exporter has stopped looking at BoKS domain prod.",
        description="The last round ended 4m 35s ago; every figure of this domain is that old.",
    ),
    Case(
        alert="BoksRoundsOverrun",
        severity="warning",
        lines=(_domain("boks_round_overruns_total", "+0", "+1"),),
        fires=1050,
        ends=720,
        labels=DOMAIN,
        summary="Rounds over BoKS domain prod take longer than their interval.",
        description=("30 rounds in 15 minutes overran. Hosts hang until their time-out, or the interval is too short."),
    ),
    Case(
        alert="BoksConfigReloadFailed",
        severity="warning",
        lines=(Line("boks_exporter_config_last_reload_successful", LABELS, "1", "0"),),
        fires=600,
        ends=0,
        labels=LABELS,
        summary="The exporter exporter:16500 refused its new configuration and runs on the old one.",
        description="The file on disk has errors; after a restart the exporter would not come up.",
    ),
    Case(
        alert="BoksHostKeysNotVerified",
        severity="info",
        lines=(_domain("boks_exporter_insecure_host_keys", "0", "1"),),
        fires=3600,
        ends=300,
        labels=DOMAIN,
        summary="SSH host keys of BoKS domain prod are not verified.",
        description="insecure_ignore_host_keys is set. Anybody on the path could feed the exporter false figures.",
        sick_minutes=65,
    ),
    Case(
        alert="BoksHostUnreachable",
        severity="warning",
        lines=(_host("boks_host_up", "1", "0"), _stands("utrecht")),
        fires=360,
        ends=120,
        labels=HOST | {"site": "utrecht"},
        summary="replica1 does not answer the exporter (BoKS domain prod).",
        description=(
            "No look at replica1 has worked for six minutes. Its replication state is not known, which is not the same as DOWN."
        ),
    ),
    Case(
        alert="BoksHostKeyRefused",
        severity="warning",
        lines=_host_failing("host_key"),
        fires=360,
        ends=0,
        labels=HOST | {"reason": "host_key"},
        summary="The SSH host key of replica1 is not the known one.",
        description=(
            "The host was reinstalled, its name points elsewhere, or somebody is in between. The exporter does not talk to it."
        ),
    ),
    Case(
        alert="BoksLoginRefused",
        severity="warning",
        lines=_host_failing("auth"),
        fires=360,
        ends=0,
        labels=HOST | {"reason": "auth"},
        summary="replica1 refuses the exporter's SSH key.",
        description="The key is missing from authorized_keys, the account is locked, or BoKS itself refuses the login.",
    ),
    Case(
        alert="BoksDataStale",
        severity="warning",
        lines=(_host("boks_host_last_success_timestamp_seconds", "t-5", "frozen"),),
        fires=1170,
        ends=0,
        labels=HOST,
        summary="The facts about replica1 are 20m 5s old.",
        description="The last complete look at replica1 is that long ago.",
    ),
    Case(
        alert="BoksSharedMemoryLow",
        severity="warning",
        lines=(
            _host("boks_host_shared_memory_free_bytes", "900", "290"),
            _host("boks_host_shared_memory_total_bytes", "1000", "1000"),
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
        alert="BoksErrorLogGrowing",
        severity="warning",
        lines=(_host("boks_host_errlog_lines_total", "+0", "+30"),),
        fires=1080,
        ends=690,
        labels=HOST,
        summary="The BoKS error log on replica1 is growing fast.",
        description="1 lines a second over a quarter of an hour.",
    ),
    Case(
        alert="BoksQueueGrowing",
        severity="warning",
        lines=(
            _host("boks_host_queue_oldest_timestamp_seconds", "t-10", "frozen"),
            _host("boks_host_queue_files", "0", "7"),
        ),
        fires=870,
        ends=0,
        labels=HOST,
        summary="Updates wait in the spool of replica1 for 15m 10s.",
        description="The master's queue is not taken; replicas get nothing new.",
    ),
    Case(
        alert="BoksReplicaDown",
        severity="critical",
        lines=(_host("boks_replica_reported_status", "0", "1", status="down"), _stands("utrecht")),
        fires=300,
        ends=120,
        labels=HOST | {"status": "down", "site": "utrecht"},
        summary="The master reports replica replica1 as DOWN (BoKS domain prod).",
        description="For five minutes the master's list has shown replica1 as DOWN. Clients that ask it are refused or wait.",
    ),
    Case(
        alert="BoksReplicaLoadingLong",
        severity="warning",
        lines=(_host("boks_replica_reported_status", "0", "1", status="loading"),),
        fires=3720,
        ends=0,
        labels=HOST | {"status": "loading"},
        summary="Replica replica1 has been loading its copy for more than an hour.",
        description="Loading takes minutes. A replica that never ends it starts over and over, or its master cannot send.",
        sick_minutes=65,
    ),
    Case(
        alert="BoksReplicaLagging",
        severity="warning",
        lines=(
            _host("boks_replica_lag_at_least_seconds", "0", "400"),
            _host("boks_replica_lag_sequences", "0", "5"),
        ),
        fires=600,
        ends=0,
        labels=HOST,
        summary="Replica replica1 is at least 6m 40s behind and does not catch up.",
        description="The oldest update that replica1 has not got is at least that old, and the number of missing updates does not fall.",
    ),
    Case(
        alert="BoksReplicaLaggingBadly",
        severity="critical",
        lines=(
            _host("boks_replica_lag_at_least_seconds", "0", "1000"),
            _host("boks_replica_lag_sequences", "0", "50"),
        ),
        fires=420,
        ends=0,
        labels=HOST,
        summary="Replica replica1 is at least 16m 40s behind its master.",
        description="Who was locked out may still log in through replica1, and new users are refused there.",
    ),
    Case(
        alert="BoksReplicaAhead",
        severity="critical",
        lines=(_host("boks_replica_ahead_sequences", "0", "3"),),
        fires=180,
        ends=300,
        labels=HOST,
        summary="Replica replica1 is 3 updates ahead of its master.",
        description="A replica can only be ahead with data that the master never had. Logins through it are decided by wrong data (K1262).",
    ),
    Case(
        alert="BoksReplicaDiverged",
        severity="critical",
        lines=(_host("boks_replica_state", "0", "1", state="diverged"),),
        fires=180,
        ends=300,
        labels=HOST | {"state": "diverged"},
        summary="The database of replica replica1 is not a copy of its master's.",
        description="Its tables are partly ahead and partly behind, missing, or of another generation. Only a rebuild helps.",
    ),
    Case(
        alert="BoksReplicaMissingTables",
        severity="warning",
        lines=(_host("boks_replica_missing_tables", "0", "2"),),
        fires=900,
        ends=0,
        labels=HOST,
        summary="Replica replica1 lacks 2 tables that its master has.",
        description="Entries of these tables do not exist for clients that ask replica1.",
    ),
    Case(
        alert="BoksReplicaUnlisted",
        severity="warning",
        lines=(_host("boks_replica_state", "0", "1", state="unlisted"),),
        fires=720,
        ends=0,
        labels=HOST | {"state": "unlisted"},
        summary="replica1 says it is a replica, but the master does not list it.",
        description="The master sends it no updates. It is not registered as BOKSREPLICA, or belongs to another domain.",
    ),
    Case(
        alert="BoksReplicaUnresolved",
        severity="warning",
        lines=(_domain("boks_domain_unresolved_replicas", "0", "2"),),
        fires=1200,
        ends=0,
        labels=DOMAIN,
        summary="The master of BoKS domain prod lists 2 replicas that the exporter does not know.",
        description="They are not watched. Add them to the configuration or switch discovery on.",
    ),
    Case(
        alert="BoksViewsDisagree",
        severity="info",
        lines=(
            _host("boks_replica_reported_status", "1", "1", status="ok"),
            _host("boks_host_up", "1", "0"),
        ),
        fires=1020,
        ends=0,
        labels=HOST | {"status": "ok"},
        summary="The master reaches replica1, the exporter does not.",
        description="Replication is fine in the master's eyes; the way from the exporter to replica1 is not.",
    ),
    Case(
        alert="BoksNoMaster",
        severity="critical",
        lines=(_domain("boks_domain_masters", "1", "0"),),
        fires=300,
        ends=120,
        labels=DOMAIN,
        summary="No master answers in BoKS domain prod.",
        description="Logins go on from the replicas, but nothing can be changed. Promote a replica if the repair will take more than a few hours (K1456).",
    ),
    Case(
        alert="BoksSeveralMasters",
        severity="critical",
        lines=(_domain("boks_domain_masters", "1", "2"),),
        fires=120,
        ends=300,
        labels=DOMAIN,
        summary="2 hosts say that they are master of BoKS domain prod.",
        description="Changes go to different databases. Stop one of them before anything is changed.",
    ),
    Case(
        alert="BoksSiteWithoutReplica",
        severity="critical",
        lines=(
            _domain("boks_site_replicas", "2", "0", site="utrecht", state="ok"),
            _domain("boks_site_replicas", "0", "2", site="utrecht", state="down"),
        ),
        fires=240,
        ends=300,
        labels=DOMAIN | {"site": "utrecht"},
        summary="No replica at utrecht is sound (BoKS domain prod).",
        description="Each replica there is down, unreachable, or decides by wrong data. Logins at utrecht depend on other sites and on the lines to them (K1456).",
    ),
    Case(
        alert="BoksSiteWithoutSpare",
        severity="info",
        lines=(
            _domain("boks_site_replicas", "2", "1", site="utrecht", state="ok"),
            _domain("boks_site_replicas", "0", "1", site="utrecht", state="down"),
        ),
        fires=1920,
        ends=0,
        labels=DOMAIN | {"site": "utrecht"},
        summary="Only one replica at utrecht is sound (BoKS domain prod).",
        description="If it fails, utrecht has none (K1456 advises several).",
    ),
    Case(
        alert="BoksConfigurationDiffers",
        severity="warning",
        lines=(
            _domain("boks_host_config_checksum_info", "1", "_", host="replica1", name="method.conf", checksum="1"),
            _domain("boks_host_config_checksum_info", "_", "1", host="replica1", name="method.conf", checksum="2"),
            _domain("boks_host_config_checksum_info", "1", "1", host="replica2", name="method.conf", checksum="1"),
            _domain("boks_host_role", "1", "1", host="replica1", role="replica"),
            _domain("boks_host_role", "1", "1", host="replica2", role="replica"),
        ),
        fires=1800,
        ends=180,
        labels=DOMAIN | {"name": "method.conf"},
        summary="method.conf is not the same on all servers of BoKS domain prod.",
        description="2 versions are in use. Agents bound to the odd server are refused (HS troubleshooting/237), or its data may be incomplete (HS troubleshooting/312).",
    ),
    Case(
        alert="BoksMasterChanged",
        severity="info",
        lines=(
            _domain("boks_host_role", "1", "0", host="master1", role="master"),
            _domain("boks_host_role", "0", "1", host="replica1", role="master"),
        ),
        fires=180,
        ends=0,
        labels=HOST | {"role": "master"},
        summary="replica1 has become master of BoKS domain prod.",
        description="Another host was master before. The old one must not come up as master again (see the runbook).",
        sick_minutes=10,
    ),
    Case(
        alert="BoksMaintenanceActive",
        severity="info",
        lines=(_host("boks_maintenance_active", "0", "1"),),
        fires=0,
        ends=120,
        labels=HOST,
        summary="Work on replica1 is announced (BoKS domain prod).",
        description="Alerts about replica1 are held back until the maintenance ends.",
    ),
    Case(
        alert="BoksMaintenanceOverdue",
        severity="warning",
        lines=(
            _host("boks_maintenance_active", "0", "0"),
            _host("boks_replica_state", "1", "0", state="ok"),
            _host("boks_maintenance_until_timestamp_seconds", "_", "1200"),
        ),
        fires=420,
        ends=0,
        labels=HOST,
        summary="The maintenance of replica1 is over, and the replica is not OK (BoKS domain prod).",
        description="Its announced end is past. The work on replica1 goes on unannounced, or was left unfinished.",
    ),
    Case(
        alert="BoksFailoverRunning",
        severity="info",
        lines=(_domain("boks_failover_in_progress", "0", "1"),),
        fires=0,
        ends=120,
        labels=DOMAIN,
        summary="Somebody changes roles in BoKS domain prod.",
        description="A failover procedure is at work; roles and states may change for some minutes.",
    ),
    Case(
        alert="BoksFailoverUnfinished",
        severity="critical",
        lines=(_domain("boks_failover_in_progress", "0", "1"),),
        fires=1860,
        ends=0,
        labels=DOMAIN,
        summary="A failover of BoKS domain prod was begun and not brought to an end.",
        description="For half an hour a run has been open. It was cut off or waits for somebody; until then no other run can begin.",
    ),
    Case(
        alert="BoksFailoverFailed",
        severity="critical",
        lines=(_domain("boks_failover_runs_total", "+0", "+1", procedure="promote", outcome="failed"),),
        fires=60,
        ends=570,
        labels=DOMAIN | {"procedure": "promote", "outcome": "failed"},
        summary="A promote in BoKS domain prod ended as failed.",
        description="Some of its changes may be made and others not. Look before anything else is changed.",
    ),
)


@dataclass(frozen=True)
class Quiet:
    """A history that looks like trouble at first and must wake nobody: these alerts keep silent all the time."""

    name: str
    alerts: tuple[str, ...]
    lines: tuple[Line, ...]


QUIET: Final = (
    Quiet(
        name="the exporter does not reach a site, and the master does",
        alerts=("BoksSiteWithoutReplica", "BoksReplicaDown", "BoksNoMaster"),
        lines=(
            _domain("boks_site_replicas", "2", "0", site="utrecht", state="ok"),
            _domain("boks_site_replicas", "0", "2", site="utrecht", state="unreachable"),
            _host("boks_replica_state", "0", "1", state="unreachable"),
            _host("boks_replica_reported_status", "1", "1", status="ok"),
            _host("boks_replica_reported_status", "0", "0", status="down"),
            _domain("boks_domain_masters", "1", "1"),
            _stands("utrecht"),
        ),
    ),
    Quiet(
        name="a site has clients only",
        alerts=("BoksSiteWithoutReplica", "BoksSiteWithoutSpare"),
        lines=(
            _domain("boks_site_replicas", "0", "0", site="utrecht", state="ok"),
            _domain("boks_site_replicas", "0", "0", site="utrecht", state="down"),
        ),
    ),
    Quiet(
        name="a replica lacks many updates, all of them young",
        alerts=("BoksReplicaLagging", "BoksReplicaLaggingBadly"),
        lines=(
            _host("boks_replica_lag_at_least_seconds", "0", "200"),
            _host("boks_replica_lag_sequences", "0", "5000"),
        ),
    ),
    Quiet(
        name="a replica lacks one update for hours",
        alerts=("BoksReplicaLaggingBadly",),
        lines=(
            _host("boks_replica_lag_at_least_seconds", "0", "7200"),
            _host("boks_replica_lag_sequences", "0", "1"),
        ),
    ),
    Quiet(
        name="a replica that lags catches up",
        alerts=("BoksReplicaLagging", "BoksReplicaLaggingBadly"),
        lines=(
            _host("boks_replica_lag_at_least_seconds", "0", "800"),
            _host("boks_replica_lag_sequences", "1000", "-10"),
        ),
    ),
    Quiet(
        name="the same host is master after a restart of the exporter",
        alerts=("BoksMasterChanged", "BoksNoMaster", "BoksSeveralMasters"),
        lines=(
            _domain("boks_host_role", "1", "1", host="master1", role="master"),
            _domain("boks_domain_masters", "1", "1"),
        ),
    ),
    Quiet(
        name="a host's failures of long ago come back with its counter after a restart of the exporter",
        alerts=("BoksHostKeyRefused", "BoksLoginRefused", "BoksRoundsOverrun"),
        lines=(
            _host("boks_host_up", "1", "1"),
            _host("boks_host_poll_failures_total", "7", "1", reason="host_key"),
            _host("boks_host_poll_failures_total", "7", "1", reason="auth"),
            _domain("boks_round_overruns_total", "7", "1"),
        ),
    ),
)
