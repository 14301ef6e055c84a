"""How a server is taken out: it becomes a client, and its database is moved aside."""

from typing import Final

from boks_exporter.failover.procedures.claims import ClaimKind
from boks_exporter.failover.procedures.step_template import (
    ConditionTemplate,
    GateAction,
    HostRole,
    StepKind,
    StepTemplate,
)

_T, _M = HostRole.TARGET, HostRole.MASTER

REMOVE_DATABASE: Final = StepTemplate(
    key="remove-database",
    purpose="move its *.dat and sequence aside, so that it loads the master's database and nothing else (K1262)",
    on=_T,
    do=GateAction.REMOVE_DATABASE,
    needs=(ConditionTemplate(ClaimKind.MAY_BE_REMOVED, _T, _M),),
    proves=(ConditionTemplate(ClaimKind.HAS_NO_DATABASE, _T),),
    undo=GateAction.RESTORE_DATABASE,
)


def stop_old_master(on: HostRole, purpose: str) -> StepTemplate:
    """Stop what was a master and is a client now; only what stands still is proven out."""
    return StepTemplate(
        key="stop-old-master",
        purpose=purpose,
        on=on,
        do=GateAction.BOOT_STOP,
        needs=(ConditionTemplate(ClaimKind.IS_CLIENT, on),),
        proves=(ConditionTemplate(ClaimKind.IS_OUT, on),),
        undo=GateAction.BOOT_START,
        undo_needs=(ConditionTemplate(ClaimKind.IS_CLIENT, on),),
    )


RETIRE: Final = (
    StepTemplate(
        key="convert-client",
        purpose="make the old master a client, before it can be a master beside the new one (K1456)",
        on=_T,
        do=GateAction.CONVERT_CLIENT,
        needs=(ConditionTemplate(ClaimKind.IS_MASTER_BESIDE, _M, _T),),
        proves=(ConditionTemplate(ClaimKind.IS_CLIENT, _T),),
        no_undo="it must not be a master again beside the new one",
        point_of_no_return=True,
    ),
    stop_old_master(_T, "stop it: a client now, it must not run on as what it was"),
    REMOVE_DATABASE,
    StepTemplate(
        key="start-client",
        purpose="start it as a client",
        on=_T,
        do=GateAction.BOOT_START,
        needs=(ConditionTemplate(ClaimKind.IS_CLIENT, _T),),
        proves=(ConditionTemplate(ClaimKind.IS_CLIENT, _T),),
        no_undo="a client that runs is what is wanted",
    ),
)

RETIRE_AT_CONSOLE: Final = (
    StepTemplate(
        key="console",
        purpose="run the printed script at its console, in single-user mode, before it boots fully (K1456)",
        on=_T,
        kind=StepKind.CONSOLE,
        needs=(ConditionTemplate(ClaimKind.IS_MASTER_BESIDE, _M, _T),),
        proves=(ConditionTemplate(ClaimKind.IS_CLIENT, _T), ConditionTemplate(ClaimKind.HAS_NO_DATABASE, _T)),
        no_undo="it must not be a master again beside the new one; its database lies beside where it was",
        point_of_no_return=True,
        deadline_seconds=3600.0,
    ),
)
