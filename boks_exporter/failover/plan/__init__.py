"""Plans: numbered steps, the facts that they are based on, and a fingerprint of both."""

from boks_exporter.failover.plan.build import Plan, make_plan
from boks_exporter.failover.plan.fingerprint import Basis, basis_of, difference, fingerprint_of, steps_of
