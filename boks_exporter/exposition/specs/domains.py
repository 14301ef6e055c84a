"""Sites, network sections and whole domains."""

from typing import Final

from boks_exporter.exposition.metric_spec import Kind, MetricSpec, Source, SourceCertainty
from boks_exporter.exposition.specs.labels import DOMAIN
from boks_exporter.health import DomainState, ReplicaState

SITE_REPLICAS: Final = MetricSpec(
    name="boks_site_replicas",
    kind=Kind.GAUGE,
    unit="replicas",
    labels=(*DOMAIN, "site", "state"),
    meaning="Replicas of a site by state; there should be one that is ok at each location, better several.",
    absent="for hosts without a site",
    source=Source("K1456", SourceCertainty.READ),
    choices=ReplicaState,
)
SECTION_REPLICAS: Final = MetricSpec(
    name="boks_section_replicas",
    kind=Kind.GAUGE,
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
    kind=Kind.GAUGE,
    unit="hosts",
    labels=DOMAIN,
    meaning="Hosts that report to be master: one is right, none and several are two different emergencies.",
    absent="while no host answers, or the role is changing: then it is unknown",
)
HOSTS: Final = MetricSpec(
    name="boks_domain_hosts",
    kind=Kind.GAUGE,
    unit="hosts",
    labels=DOMAIN,
    meaning="Hosts that are polled, configured and discovered.",
)
REPLICAS: Final = MetricSpec(
    name="boks_domain_replicas",
    kind=Kind.GAUGE,
    unit="replicas",
    labels=(*DOMAIN, "state"),
    meaning="Replicas of the domain by state.",
    choices=ReplicaState,
)
SECOND_NAMES: Final = MetricSpec(
    name="boks_domain_second_names",
    kind=Kind.GAUGE,
    unit="names",
    labels=DOMAIN,
    meaning="Hosts whose connections end at the machine of another host of the domain: a configuration error.",
)
UNRESOLVED: Final = MetricSpec(
    name="boks_domain_unresolved_replicas",
    kind=Kind.GAUGE,
    unit="names",
    labels=DOMAIN,
    meaning="Names in the master's list that match no known host: replicas that are not polled.",
    absent="while the one master's list cannot be read",
)
