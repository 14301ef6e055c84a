"""Steps by which a replica becomes master, with and without a living old master."""

from typing import Final

from boks_exporter.failover.procedures.claims import Claim, ClaimKind
from boks_exporter.failover.procedures.retire import stop_old_master
from boks_exporter.failover.procedures.step import (
    BOOT_START,
    BOOT_STOP,
    CONVERT_CLIENT,
    CONVERT_MASTER,
    UNCHANGED,
    HostRole,
    ProcedureStep,
    StepKind,
    Stretch,
    When,
    wait,
)

_T, _M = HostRole.TARGET, HostRole.MASTER


def _convert_master(*needs: Claim) -> ProcedureStep:
    """Return the step that makes the target the master."""
    return ProcedureStep(
        key="convert-master",
        purpose="make it the master",
        host=_T,
        words=CONVERT_MASTER,
        needs=needs,
        proves=(Claim(ClaimKind.IS_MASTER_ALONE, _T),),
        no_undo="there is no way back: what it writes from now on is in no other copy",
        point_of_no_return=True,
    )


_CHECK_AFTERWARDS: Final = (
    wait(
        _T,
        "compare",
        "compare the numbers of all replicas: none may be ahead of the new master (K1456)",
        Claim(ClaimKind.NONE_IS_AHEAD, _T),
        seconds=600.0,
    ),
    wait(
        _T,
        "verify",
        "wait until every replica is listed as OK and has what the new master has",
        Claim(ClaimKind.DOMAIN_IS_SOUND, _T),
        seconds=1800.0,
    ),
)

FROM_A_DEAD_MASTER: Final = (
    wait(
        _T,
        "check-no-master",
        "ask every host and every witness whether there is a master",
        Claim(ClaimKind.NO_MASTER_BUT_FENCED, _T),
        seconds=30.0,
    ),
    wait(
        _T,
        "check-error-log",
        "read the last 30 lines of its error log (K1456)",
        Claim(ClaimKind.ERROR_LOG_IS_CLEAN, _T),
        seconds=30.0,
    ),
    ProcedureStep(
        key="fence",
        purpose="switch the old master off or isolate it by the configured fence; only its exit status 0 is a proof",
        host=_M,
        kind=StepKind.FENCE,
        needs=(Claim(ClaimKind.NO_MASTER_BUT_FENCED, _T),),
        proves=(Claim(ClaimKind.NOBODY_IS_MASTER, _T),),
        no_undo="a fenced host is switched on by hand, after it was retired",
        when=When.IS_FENCED,
    ),
    _convert_master(
        Claim(ClaimKind.NOBODY_IS_MASTER, _T),
        Claim(ClaimKind.IS_REPLICA, _T),
        Claim(ClaimKind.IS_BEST, _T),
    ),
    *_CHECK_AFTERWARDS,
)

FROM_A_LIVING_MASTER: Final = (
    wait(
        _T,
        "wait-equal-before",
        "wait until it has everything that the master has",
        Claim(ClaimKind.IS_EQUAL, _T, _M),
        seconds=600.0,
    ),
    ProcedureStep(
        key="stop-master-before",
        purpose="stop the master while it writes nothing, so that no update is on its way; logins continue",
        host=_M,
        words=BOOT_STOP,
        needs=(
            Claim(ClaimKind.MASTER_IS_SOUND, _M),
            Claim(ClaimKind.IS_REPLICA, _T),
            Claim(ClaimKind.IS_EQUAL, _T, _M),
        ),
        prefers=(Claim(ClaimKind.IS_QUIET, _T, _M),),
        proves=(Claim(ClaimKind.IS_STOPPED, _M),),
        undo=BOOT_START,
        undo_needs=(Claim(ClaimKind.NO_OTHER_MASTER, _M),),
        stretch=Stretch.UNDO,
    ),
    ProcedureStep(
        key="compare-before",
        purpose="compare it with the stopped master: no update may be lost",
        host=_T,
        kind=StepKind.WAIT,
        proves=(Claim(ClaimKind.IS_AS_ADVANCED, _T, _M),),
        no_undo=UNCHANGED,
        deadline_seconds=30.0,
        gives_up=True,
        stretch=Stretch.UNDO,
    ),
    ProcedureStep(
        key="convert-client",
        purpose="make the master a client",
        host=_M,
        words=CONVERT_CLIENT,
        needs=(Claim(ClaimKind.IS_AS_ADVANCED, _T, _M),),
        proves=(Claim(ClaimKind.IS_CLIENT, _M),),
        undo=CONVERT_MASTER,
        undo_needs=(Claim(ClaimKind.NOBODY_IS_MASTER, _M),),
        stretch=Stretch.UNDO,
    ),
    stop_old_master(
        _M,
        stretch=Stretch.UNDO,
        purpose="stop it once more: the conversion started it as a client, and only a stopped one is proven out",
    ),
    _convert_master(
        Claim(ClaimKind.NOBODY_IS_MASTER, _T),
        Claim(ClaimKind.IS_OUT, _M),
        Claim(ClaimKind.IS_REPLICA, _T),
        Claim(ClaimKind.IS_AS_ADVANCED, _T, _M),
    ),
    *_CHECK_AFTERWARDS,
)
