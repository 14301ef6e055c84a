"""The exporter itself."""

from typing import Final

from boks_exporter.exposition.metric_spec import DOMAIN, UNIX, Kind, MetricSpec

BUILD_INFO: Final = MetricSpec(
    name="boks_exporter_build_info",
    kind=Kind.INFO,
    unit="always 1",
    labels=("version", "revision", "python"),
    meaning="Which exporter this is and which Python runs it.",
)
RELOAD_SUCCESSFUL: Final = MetricSpec(
    name="boks_exporter_config_last_reload_successful",
    unit="1 or 0",
    labels=(),
    meaning="1 if the newest configuration is in force, 0 if it was refused and the one before goes on.",
)
RELOAD_SUCCESS_TIMESTAMP: Final = MetricSpec(
    name="boks_exporter_config_last_reload_success_timestamp_seconds",
    unit=UNIX,
    labels=(),
    meaning="When a configuration was last taken over.",
    absent="before the first one is",
)
EVIDENCE_SINCE: Final = MetricSpec(
    name="boks_exporter_evidence_since_timestamp_seconds",
    unit=UNIX,
    labels=DOMAIN,
    meaning="The first round that is recorded for this domain, over restarts with a state file. What was proven of a "
    "copy before it is not known.",
    absent="in one-shot polls without a state file",
)
INSECURE_HOST_KEYS: Final = MetricSpec(
    name="boks_exporter_insecure_host_keys",
    unit="1 or 0",
    labels=DOMAIN,
    meaning="1 if SSH host keys of this domain are not verified (insecure_ignore_host_keys): anybody on the path could "
    "then feed false figures.",
)
