"""What speaks against a run: the closed set of guards, and what they find."""

from boks_exporter.failover.findings.finding import Finding, Level
from boks_exporter.failover.findings.guards import RULES, Guard, GuardRule

__all__ = ["RULES", "Finding", "Guard", "GuardRule", "Level"]
