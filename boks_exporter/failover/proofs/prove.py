"""Judge a claim by the facts of one round."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.procedures.claims import Claim, ClaimKind
from boks_exporter.failover.proofs import copies, domains, masters
from boks_exporter.failover.proofs.proven import Circumstances, Proven, all_of
from boks_exporter.model import Role

_Judge: TypeAlias = Callable[[Claim, FailoverFacts, Circumstances], Proven]

JUDGES: Final[Mapping[ClaimKind, _Judge]] = {
    ClaimKind.IS_MASTER_ALONE: lambda of, facts, by: masters.is_master_alone(facts, of.host, by),
    ClaimKind.IS_ONLY_MASTER: lambda of, facts, by: masters.is_only_master(facts, of.host, by),
    ClaimKind.REPORTS_MASTER: lambda of, facts, _: masters.has_role(facts, of.host, Role.MASTER),
    ClaimKind.IS_REPLICA: lambda of, facts, _: masters.has_role(facts, of.host, Role.REPLICA),
    ClaimKind.IS_CLIENT: lambda of, facts, _: masters.has_role(facts, of.host, Role.CLIENT),
    ClaimKind.IS_STOPPED: lambda of, facts, _: masters.is_stopped(facts, of.host),
    ClaimKind.IS_STARTED: lambda of, facts, _: masters.is_started(facts, of.host),
    ClaimKind.IS_OUT: lambda of, facts, _: masters.is_out(facts, of.host),
    ClaimKind.NOBODY_IS_MASTER: lambda _of, facts, by: masters.nobody_is_master(facts, by),
    ClaimKind.NO_MASTER_BUT_FENCED: lambda _of, facts, by: masters.nobody_is_master(facts, by.after_fence()),
    ClaimKind.MAY_START_AS_MASTER: lambda of, facts, by: masters.may_start_as_master(facts, of.host, by),
    ClaimKind.NO_OTHER_MASTER: lambda of, facts, by: masters.may_start(facts, of.host, by),
    ClaimKind.MASTER_IS_SOUND: lambda of, facts, by: masters.is_sound_master(facts, of.host, by),
    ClaimKind.IS_MASTER_BESIDE: lambda of, facts, by: masters.is_master_beside(facts, of.host, of.second, by),
    ClaimKind.HAS_SHM_SIZE: lambda of, facts, _: copies.has_shm_size(facts, of.host, of.number or 0),
    ClaimKind.HAS_NO_DATABASE: lambda of, facts, _: copies.has_database(facts, of.host, wanted=False),
    ClaimKind.HAS_DATABASE: lambda of, facts, _: copies.has_database(facts, of.host, wanted=True),
    ClaimKind.IS_REGISTERED: lambda of, facts, by: domains.is_registered(facts, of.host, of.second, by),
    ClaimKind.IS_LISTED_OK: lambda of, facts, _: domains.is_listed_ok(facts, of.host, of.second),
    ClaimKind.IS_EQUAL: lambda of, facts, by: copies.is_equal(facts, of.host, of.second, by),
    ClaimKind.IS_QUIET: lambda of, facts, by: copies.is_quiet(facts, of.host, of.second, by),
    ClaimKind.IS_AS_ADVANCED: lambda of, facts, by: copies.is_as_advanced(facts, of.host, of.second, by),
    ClaimKind.IS_BEST: lambda of, facts, by: copies.is_best(facts, of.host, by),
    ClaimKind.MAY_BE_REMOVED: lambda of, facts, by: copies.may_be_removed(facts, of.host, of.second, by),
    ClaimKind.NONE_IS_AHEAD: lambda of, facts, by: domains.none_is_ahead(facts, of.host, by),
    ClaimKind.DOMAIN_IS_SOUND: lambda of, facts, by: domains.is_sound(facts, of.host, by),
    ClaimKind.OTHERS_ARE_BACK: lambda of, facts, by: domains.others_are_back(facts, of.host, by),
    ClaimKind.ERROR_LOG_IS_CLEAN: lambda of, facts, by: domains.has_clean_error_log(facts, of.host, by),
}
"""One judge for each claim."""


def prove_all(claims: Iterable[Claim], facts: FailoverFacts, by: Circumstances) -> Proven:
    """Judge several claims as one."""
    return all_of(prove(claim, facts, by) for claim in claims)


def prove(claim: Claim, facts: FailoverFacts, by: Circumstances) -> Proven:
    """Judge one claim."""
    return JUDGES[claim.kind](claim, facts, by)
