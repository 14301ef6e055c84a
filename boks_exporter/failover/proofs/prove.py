"""Judge any claim by one look at the domain."""

from collections.abc import Iterable

from boks_exporter.failover.facts import FailoverFacts
from boks_exporter.failover.procedures.claims import Claim, ClaimKind
from boks_exporter.failover.proofs import copies, domains, masters
from boks_exporter.failover.proofs.proven import Circumstances, Proven, all_of
from boks_exporter.model import Role


def prove_all(claims: Iterable[Claim], facts: FailoverFacts, by: Circumstances) -> Proven:
    """Judge several claims as one."""
    return all_of(prove(claim, facts, by) for claim in claims)


def prove(claim: Claim, facts: FailoverFacts, by: Circumstances) -> Proven:  # noqa: PLR0911, C901, PLR0912 - one case a claim
    """Judge one claim."""
    host, other = claim.host, claim.other or ""
    match claim.kind:
        case ClaimKind.IS_MASTER_ALONE:
            return masters.is_master_alone(facts, host)
        case ClaimKind.IS_REPLICA:
            return masters.has_role(facts, host, Role.REPLICA)
        case ClaimKind.IS_CLIENT:
            return masters.has_role(facts, host, Role.CLIENT)
        case ClaimKind.IS_STOPPED:
            return masters.is_stopped(facts, host)
        case ClaimKind.IS_STARTED:
            return masters.is_started(facts, host)
        case ClaimKind.IS_OUT:
            return masters.is_out(facts, host)
        case ClaimKind.NOBODY_IS_MASTER:
            return masters.nobody_is_master(facts, by)
        case ClaimKind.MAY_START_AS_MASTER:
            return masters.may_start_as_master(facts, host, by)
        case ClaimKind.MASTER_IS_SOUND:
            return masters.is_sound_master(facts, host)
        case ClaimKind.IS_MASTER_BESIDE:
            return masters.is_master_beside(facts, host, other)
        case ClaimKind.HAS_SHM_SIZE:
            return copies.has_shm_size(facts, host, claim.number or 0)
        case ClaimKind.HAS_NO_DATABASE:
            return copies.has_database(facts, host, wanted=False)
        case ClaimKind.HAS_DATABASE:
            return copies.has_database(facts, host, wanted=True)
        case ClaimKind.IS_REGISTERED:
            return domains.is_registered(facts, host, other, by)
        case ClaimKind.IS_LISTED_OK:
            return domains.is_listed_ok(facts, host, other)
        case ClaimKind.IS_EQUAL:
            return copies.is_equal(facts, host, other)
        case ClaimKind.IS_QUIET:
            return copies.is_quiet(facts, host, other)
        case ClaimKind.IS_AS_ADVANCED:
            return copies.is_as_advanced(facts, host, other, by)
        case ClaimKind.IS_BEST:
            return copies.is_best(facts, host, by)
        case ClaimKind.MAY_BE_REMOVED:
            return copies.may_be_removed(facts, host, other, by)
        case ClaimKind.NONE_IS_AHEAD:
            return domains.none_is_ahead(facts, host)
        case ClaimKind.DOMAIN_IS_SOUND:
            return domains.is_sound(facts, host, by)
        case ClaimKind.OTHERS_ARE_BACK:
            return domains.others_are_back(facts, host, by)
        case ClaimKind.ERROR_LOG_IS_CLEAN:
            return domains.has_clean_error_log(facts, host, by)
