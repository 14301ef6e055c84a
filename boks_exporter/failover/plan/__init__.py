"""What is going to be done, before anything is: numbered steps, what they rest on, and a fingerprint over both."""

from boks_exporter.failover.plan.build import make_plan
from boks_exporter.failover.plan.fingerprint import Basis, basis_of, difference, fingerprint_of
from boks_exporter.failover.plan.steps import Plan, PlanStep

__all__ = ["Basis", "Plan", "PlanStep", "basis_of", "difference", "fingerprint_of", "make_plan"]
