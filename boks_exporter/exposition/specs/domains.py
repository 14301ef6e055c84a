"""Metrics of sites, network sections and whole domains, and of the rounds themselves."""

from typing import Final

from boks_exporter.exposition.metric_spec import DOMAIN, UNIX, Kind, MetricSpec, Source, SourceCertainty
from boks_exporter.health import DomainState, ReplicaState

SITE_REPLICAS: Final = MetricSpec(
    name="boks_site_replicas",
    unit="replicas",
    labels=(*DOMAIN, "site", "state"),
    meaning="Replicas of a site by state; there should be one that is ok at each location, better several.",
    absent="for hosts without a site",
    source=Source("K1456", SourceCertainty.READ),
    choices=ReplicaState,
)
SECTION_REPLICAS: Final = MetricSpec(
    name="boks_section_replicas",
    unit="replicas",
    labels=(*DOMAIN, "section", "state"),
    meaning="Replicas of a network section by state; there should be one that is ok in each.",
    absent="for hosts without a section",
    source=Source("K1456", SourceCertainty.READ),
    choices=ReplicaState,
)
STATE: Final = MetricSpec(
    name="boks_domain_state",
    kind=Kind.STATESET,
    unit="1 or 0",
    labels=(*DOMAIN, "state"),
    meaning="1 for the exporter's verdict on the domain, 0 for each other.",
    choices=DomainState,
)
MASTERS: Final = MetricSpec(
    name="boks_domain_masters",
    unit="hosts",
    labels=DOMAIN,
    meaning="Hosts that report to be master: one is right, none and several are two different emergencies.",
    absent="while no host answers, or the role is changing: then it is unknown",
)
HOSTS: Final = MetricSpec(
    name="boks_domain_hosts", unit="hosts", labels=DOMAIN, meaning="Hosts that are polled, configured and discovered."
)
REPLICAS: Final = MetricSpec(
    name="boks_domain_replicas",
    unit="replicas",
    labels=(*DOMAIN, "state"),
    meaning="Replicas of the domain by state.",
    choices=ReplicaState,
)
SECOND_NAMES: Final = MetricSpec(
    name="boks_domain_second_names",
    unit="names",
    labels=DOMAIN,
    meaning="Hosts whose connections end at the machine of another host of the domain: a configuration error.",
)
UNRESOLVED: Final = MetricSpec(
    name="boks_domain_unresolved_replicas",
    unit="names",
    labels=DOMAIN,
    meaning="Names in the master's list that match no known host: replicas that are not polled.",
    absent="while the one master's list cannot be read",
)


ROUND_DURATION: Final = MetricSpec(
    name="boks_round_duration_seconds",
    unit="seconds",
    labels=DOMAIN,
    meaning="How long the last round over the domain took.",
)
ROUND_INTERVAL: Final = MetricSpec(
    name="boks_round_interval_seconds",
    unit="seconds",
    labels=DOMAIN,
    meaning="Configured time from the beginning of one round to that of the next.",
)
LAST_ROUND: Final = MetricSpec(
    name="boks_round_last_timestamp_seconds",
    unit=UNIX,
    labels=DOMAIN,
    meaning="When the last round ended; every figure of the domain is as old as this.",
)
ROUND_SKEW: Final = MetricSpec(
    name="boks_round_skew_seconds",
    unit="seconds",
    labels=DOMAIN,
    meaning="Time between the first and the last reading of the master in the last round.",
    absent="without a second reading of the one master",
)
ROUNDS: Final = MetricSpec(
    name="boks_rounds_total",
    kind=Kind.COUNTER,
    unit="rounds",
    labels=DOMAIN,
    meaning="Rounds over the domain since the exporter started.",
)
ROUND_OVERRUNS: Final = MetricSpec(
    name="boks_round_overruns_total",
    kind=Kind.COUNTER,
    unit="rounds",
    labels=DOMAIN,
    meaning="Rounds that took longer than the interval since the exporter started; the next one came later.",
)
