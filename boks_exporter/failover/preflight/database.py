"""Guards about the files of a database: what the gate would refuse in the middle is found before the first step."""

from collections.abc import Iterator

from boks_exporter.failover.findings import Finding, Guard
from boks_exporter.failover.preflight.question import PlanQuestion, refuse
from boks_exporter.failover.procedures.step import Words
from boks_exporter.failover.proofs.copies import IMPERFECT
from boks_exporter.model import HostName
from boks_exporter.parsing.operator_facts import DatabaseState

_CONVERSIONS = {Words.CONVERT_CLIENT, Words.CONVERT_MASTER, Words.CONVERT_SERVER}


def files(question: PlanQuestion) -> Iterator[Finding]:
    """The database of each host that is changed has only plain files, and is whole where the host is converted."""
    for host in question.plan.changed_hosts:
        readiness = question.facts.readiness(host)
        state = readiness.database if readiness else None
        words = _words_about_database(question, host)
        if state is DatabaseState.ODD and set(words) - {Words.CONVERT_CLIENT}:
            yield refuse(Guard.ODD_FILES, f"{host} {IMPERFECT[state]}", host, source="preflight")
        if state is DatabaseState.PARTIAL and words[:1] and words[0] in _CONVERSIONS:
            yield refuse(Guard.PARTIAL_DATABASE, f"{host} {IMPERFECT[state]}", host, source="preflight")


def _words_about_database(question: PlanQuestion, host: HostName) -> list[tuple[str, ...]]:
    wanted = {*_CONVERSIONS, Words.REMOVE_DATABASE}
    return [step.words for step in question.plan.steps if step.host == host and step.words in wanted]
