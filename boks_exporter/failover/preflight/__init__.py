"""What speaks against a plan: every guard is asked, and everything that it finds is told."""

from boks_exporter.failover.preflight.ask import findings_of
from boks_exporter.failover.preflight.candidates import Candidate, candidates
from boks_exporter.failover.preflight.question import Question
from boks_exporter.failover.preflight.verdict import NotAcceptableError, exit_for, standing

__all__ = ["Candidate", "NotAcceptableError", "Question", "candidates", "exit_for", "findings_of", "standing"]
