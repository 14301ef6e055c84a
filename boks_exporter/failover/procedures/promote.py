"""How a replica takes over, from a master that is gone or from one that lives."""

from typing import Final

from boks_exporter.failover.procedures.claims import ClaimKind
from boks_exporter.failover.procedures.retire import stop_old_master
from boks_exporter.failover.procedures.step_template import (
    UNCHANGED,
    ConditionTemplate,
    GateAction,
    HostRole,
    StepKind,
    StepTemplate,
    wait,
)

_T, _M = HostRole.TARGET, HostRole.MASTER


def _convert_master(*needs: ConditionTemplate) -> StepTemplate:
    """Make the target the master."""
    return StepTemplate(
        key="convert-master",
        purpose="make it the master",
        on=_T,
        do=GateAction.CONVERT_MASTER,
        needs=needs,
        proves=(ConditionTemplate(ClaimKind.IS_MASTER_ALONE, _T),),
        no_undo="there is no way back: what it writes from now on is in no other copy",
        point_of_no_return=True,
    )


_CHECK_AFTERWARDS: Final = (
    wait(
        _T,
        "compare",
        "compare the numbers of all replicas: none may be ahead of the new master (K1456)",
        ConditionTemplate(ClaimKind.NONE_IS_AHEAD, _T),
        seconds=600.0,
    ),
    wait(
        _T,
        "verify",
        "wait until every replica is listed as OK and has what the new master has",
        ConditionTemplate(ClaimKind.DOMAIN_IS_SOUND, _T),
        seconds=1800.0,
    ),
)

FROM_A_DEAD_MASTER: Final = (
    wait(
        _T,
        "check-no-master",
        "ask every host and every witness whether there is a master",
        ConditionTemplate(ClaimKind.NOBODY_IS_MASTER, _T),
        seconds=30.0,
    ),
    wait(
        _T,
        "check-error-log",
        "look at the last 30 lines of its error log (K1456)",
        ConditionTemplate(ClaimKind.ERROR_LOG_IS_CLEAN, _T),
        seconds=30.0,
    ),
    _convert_master(
        ConditionTemplate(ClaimKind.NOBODY_IS_MASTER, _T),
        ConditionTemplate(ClaimKind.IS_REPLICA, _T),
        ConditionTemplate(ClaimKind.IS_BEST, _T),
    ),
    *_CHECK_AFTERWARDS,
)

FROM_A_LIVING_MASTER: Final = (
    wait(
        _T,
        "wait-equal-before",
        "wait until it has everything that the master has",
        ConditionTemplate(ClaimKind.IS_EQUAL, _T, _M),
        seconds=600.0,
    ),
    StepTemplate(
        key="stop-master-before",
        purpose="stop the master in a moment in which it writes nothing, so that nothing is on its way; logins go on",
        on=_M,
        do=GateAction.BOOT_STOP,
        needs=(
            ConditionTemplate(ClaimKind.MASTER_IS_SOUND, _M),
            ConditionTemplate(ClaimKind.IS_REPLICA, _T),
            ConditionTemplate(ClaimKind.IS_EQUAL, _T, _M),
        ),
        prefers=(ConditionTemplate(ClaimKind.IS_QUIET, _T, _M),),
        proves=(ConditionTemplate(ClaimKind.IS_STOPPED, _M),),
        undo=GateAction.BOOT_START,
        undo_needs=(ConditionTemplate(ClaimKind.NO_OTHER_MASTER, _M),),
    ),
    StepTemplate(
        key="compare-before",
        purpose="compare it with the stopped master: no update may be lost",
        on=_T,
        kind=StepKind.WAIT,
        proves=(ConditionTemplate(ClaimKind.IS_AS_ADVANCED, _T, _M),),
        no_undo=UNCHANGED,
        deadline_seconds=30.0,
        gives_up=True,
    ),
    StepTemplate(
        key="convert-client",
        purpose="let the master step down",
        on=_M,
        do=GateAction.CONVERT_CLIENT,
        needs=(ConditionTemplate(ClaimKind.IS_AS_ADVANCED, _T, _M),),
        proves=(ConditionTemplate(ClaimKind.IS_CLIENT, _M),),
        undo=GateAction.CONVERT_MASTER,
        undo_needs=(ConditionTemplate(ClaimKind.NOBODY_IS_MASTER, _M),),
    ),
    stop_old_master(
        _M, "stop it once more: the conversion started it as a client, and only what stands still is proven out"
    ),
    _convert_master(
        ConditionTemplate(ClaimKind.NOBODY_IS_MASTER, _T),
        ConditionTemplate(ClaimKind.IS_OUT, _M),
        ConditionTemplate(ClaimKind.IS_REPLICA, _T),
        ConditionTemplate(ClaimKind.IS_AS_ADVANCED, _T, _M),
    ),
    *_CHECK_AFTERWARDS,
)
