"""What speaks against a run: the closed set of guards, and what they find."""

from boks_exporter.failover.findings.finding import NAMES_HOST, Acceptance, Acceptances, Finding, Level, as_amount
from boks_exporter.failover.findings.guard_rules import RULES
from boks_exporter.failover.findings.guards import Guard, GuardRule
