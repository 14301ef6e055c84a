"""What the alerts about the exporter itself must do."""

from typing import Final

from tests.alerts.histories import (
    DOMAIN,
    LABELS,
    Case,
    Line,
    of_domain,
    up,
)

EXPORTER: Final = (
    Case(
        alert="BoksExporterDown",
        severity="critical",
        lines=(up("1", "0"),),
        fires=120,
        ends=180,
        labels=LABELS,
        summary="Prometheus cannot scrape the BoKS exporter exporter:16500.",
        description=(
            "No scrape of exporter:16500 has worked for two minutes. Replication is not monitored; BoKS itself may be healthy."
        ),
    ),
    Case(
        alert="BoksExporterAbsent",
        severity="critical",
        lines=(up("1", "_"),),
        fires=600,
        ends=0,
        labels={"job": "boks"},
        summary="No BoKS exporter is configured as a target of Prometheus.",
        description=(
            'There is no target with job="boks". It is missing from the scrape configuration, or service discovery finds none.'
        ),
    ),
    Case(
        alert="BoksExporterStalled",
        severity="critical",
        lines=(
            of_domain("boks_round_last_timestamp_seconds", "t-5", "frozen"),
            of_domain("boks_round_interval_seconds", "30", "30"),
        ),
        fires=180,
        ends=180,
        labels=DOMAIN,
        summary="The exporter no longer polls BoKS domain prod.",
        description="The last round ended 3m 35s ago; every value of this domain is that old.",
    ),
    Case(
        alert="BoksRoundsOverrun",
        severity="warning",
        lines=(of_domain("boks_round_overruns_total", "+0", "+1"),),
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
        summary="The exporter exporter:16500 rejected its new configuration and runs with the old one.",
        description="The file on disk has errors; the exporter would not start with it.",
    ),
    Case(
        alert="BoksHostKeysNotVerified",
        severity="info",
        lines=(of_domain("boks_exporter_insecure_host_keys", "0", "1"),),
        fires=3600,
        ends=300,
        labels=DOMAIN,
        summary="SSH host keys of BoKS domain prod are not verified.",
        description="insecure_ignore_host_keys is set. An attacker on the network path could send the exporter false values.",
    ),
)
