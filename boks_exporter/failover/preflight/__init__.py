"""Guards: findings about a plan before it is applied."""

from boks_exporter.failover.preflight.all_guards import findings_of
from boks_exporter.failover.preflight.blocking_findings import (
    NoSuchFindingError,
    NotAcceptableError,
    argument,
    blocking_findings,
    check_acceptable,
    check_existing,
    exit_for,
    finding_line,
)
from boks_exporter.failover.preflight.candidates import Candidate, candidates, next_master_by
from boks_exporter.failover.preflight.question import PlanQuestion
