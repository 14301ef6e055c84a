"""A known past of R1, and rounds that may change what is proven of it."""

from dataclasses import replace

from boks_exporter.health import Thresholds
from boks_exporter.model import DomainSnapshot
from boks_exporter.replication import CopyEvidence, Lead
from tests.unit.domain_rounds import Watch, healthy_round

NUMBERS = {7: 100, 9: 50}
LEAD = Lead(since=0.0, proven_at=0.0, amount=5, level=105)


def knowing(evidence: CopyEvidence, thresholds: Thresholds | None = None) -> Watch:
    """R1 and R2 were equal to the master for minutes, and this is known of R1."""
    watch = Watch(thresholds)
    for at in (-300.0, -30.0):
        watch.judge(healthy_round(NUMBERS, at=at, R1=NUMBERS, R2=NUMBERS))
    watch.history = replace(watch.history, evidence={"R1": evidence})
    return watch


def after(watch: Watch, *rounds: DomainSnapshot) -> CopyEvidence:
    for each in rounds:
        watch.judge(each)
    return watch.history.evidence_of("R1")
