"""The daily check: what a promotion tonight would need, from the hosts and from this machine; nothing is changed."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from boks_exporter.app.failover_wiring import ManagedDomain, current_operator
from boks_exporter.failover.earlier_knowledge import knowledge_of
from boks_exporter.failover.facts import FailoverFacts, Witness
from boks_exporter.failover.journal import Journal, JournalError
from boks_exporter.failover.journal_facts import JournalView
from boks_exporter.failover.runner.programs import FenceWord, program_result
from boks_exporter.failover.survey import Survey
from boks_exporter.knowledge.knowledge_file import KnowledgeError, knowledge_path, read_knowledge, write_knowledge
from boks_exporter.model import Host, HostName
from boks_exporter.operations.promotion_check import CheckItem, CheckState, PromotionCheck, promotion_check

_SHELL_FAILED: Final = (126, 127)
"""The exit statuses of a shell for a program that it cannot run or find."""


@dataclass(frozen=True, slots=True)
class CheckRound:
    """One round, and each replica's answer about the running master."""

    facts: FailoverFacts
    reach: Mapping[HostName, Witness]
    master: Host | None


async def observe_for_check(survey: Survey, known: JournalView) -> CheckRound:
    """Poll the domain, and ask every replica about the running master as it would be asked about a dead one."""
    facts = await survey.observe(known)
    master = facts.host(facts.snapshot.masters[0]) if len(facts.snapshot.masters) == 1 else None
    answers = await survey.reach_of(facts, master.name) if master else ()
    reach = {each.host: each for each in answers if facts.readiness(each.host) is not None}
    return CheckRound(replace(facts, witnesses=(*facts.witnesses, *answers)), reach, master)


def check_promotion(domain: ManagedDomain, checked: CheckRound) -> PromotionCheck:
    """Judge a round and this machine; writes the knowledge file, and nothing else."""
    outside = (_journal(domain), asyncio.run(_fence(domain, checked.master)), _knowledge(domain, checked.facts))
    return promotion_check(checked.facts, domain.limits, checked.reach, outside)


def _journal(domain: ManagedDomain) -> CheckItem:
    """Write into the journal and take it back."""
    path = domain.failover.journal
    try:
        with Journal(path) as journal:
            journal.prove_writable()
    except JournalError as error:
        return CheckItem("journal", CheckState.CRITICAL, str(error))
    return CheckItem("journal", CheckState.OK, f"{path} can be written")


async def _fence(domain: ManagedDomain, master: Host | None) -> CheckItem:
    """Ask the fence for the status of the running master; it must not call it off."""
    fence = domain.failover.fence
    if not fence.program:
        return CheckItem("fence", CheckState.OK, "none is configured: a person must prove that an old master is off")
    if master is None:
        return CheckItem("fence", CheckState.UNKNOWN, "without exactly one running master its answer proves nothing")
    facts = {
        "run": "check",
        "domain": domain.domain.name,
        "target": "",
        "master": master.name,
        "host": master.name,
        "address": master.address,
        "owner": str(current_operator()),
    }
    words = (*fence.program, FenceWord.STATUS)
    status, problem = await program_result(words, facts, fence.timeout_seconds)
    text = f"{fence.program[0]} {FenceWord.STATUS}"
    if status == 0:
        return CheckItem("fence", CheckState.CRITICAL, f"{text} reports {master.name} as off, but it is running")
    if status is None or status in _SHELL_FAILED or status < 0:
        return CheckItem("fence", CheckState.CRITICAL, f"{text} {problem}")
    return CheckItem(
        "fence",
        CheckState.OK,
        f"{text} does not report {master.name} as off, as it must: the host is running ({problem})",
    )


def _knowledge(domain: ManagedDomain, facts: FailoverFacts) -> CheckItem:
    """Write what was seen, for the day on which the exporter's state file is not at hand."""
    path, name = knowledge_path(domain.failover.journal, domain.domain.name), domain.domain.name
    if not any(facts.snapshot.observed()):
        return CheckItem("knowledge", CheckState.UNKNOWN, f"{path} is kept as it was: no host answers")
    try:
        earlier = read_knowledge(path, name) if path.exists() else None
    except (KnowledgeError, OSError):
        earlier = None
    try:
        write_knowledge(path, knowledge_of(facts, str(current_operator()), earlier))
    except KnowledgeError as error:
        return CheckItem("knowledge", CheckState.CRITICAL, str(error))
    return CheckItem("knowledge", CheckState.OK, f"written to {path}")
