"""Steps by which a server becomes a client without a database."""

from typing import Final

from boks_exporter.failover.procedures.claims import Claim, ClaimKind
from boks_exporter.failover.procedures.step import (
    BOOT_START,
    BOOT_STOP,
    CONVERT_CLIENT,
    REMOVE_DATABASE,
    RESTORE_DATABASE,
    HostRole,
    ProcedureStep,
    StepKind,
    Stretch,
)

_T, _M = HostRole.TARGET, HostRole.MASTER

MOVE_DATABASE_ASIDE: Final = ProcedureStep(
    key="remove-database",
    purpose="move its *.dat and sequence aside, so that it loads the master's database and nothing else (K1262)",
    host=_T,
    words=REMOVE_DATABASE,
    needs=(Claim(ClaimKind.MAY_BE_REMOVED, _T, _M),),
    proves=(Claim(ClaimKind.HAS_NO_DATABASE, _T),),
    undo=RESTORE_DATABASE,
)


def stop_old_master(on: HostRole, purpose: str, stretch: Stretch = Stretch.NONE) -> ProcedureStep:
    """Return the step that stops an old master after its conversion to client."""
    return ProcedureStep(
        key="stop-old-master",
        purpose=purpose,
        host=on,
        words=BOOT_STOP,
        needs=(Claim(ClaimKind.IS_CLIENT, on),),
        proves=(Claim(ClaimKind.IS_OUT, on),),
        undo=BOOT_START,
        undo_needs=(Claim(ClaimKind.IS_CLIENT, on),),
        stretch=stretch,
    )


RETIRE: Final = (
    ProcedureStep(
        key="convert-client",
        purpose="make the old master a client, before it can be a second master (K1456)",
        host=_T,
        words=CONVERT_CLIENT,
        needs=(Claim(ClaimKind.IS_MASTER_BESIDE, _M, _T),),
        proves=(Claim(ClaimKind.IS_CLIENT, _T),),
        no_undo="it must not be a second master",
        point_of_no_return=True,
    ),
    stop_old_master(_T, "stop it: a client now, it must not run on as what it was"),
    MOVE_DATABASE_ASIDE,
    ProcedureStep(
        key="start-client",
        purpose="start it as a client",
        host=_T,
        words=BOOT_START,
        needs=(Claim(ClaimKind.IS_CLIENT, _T),),
        proves=(Claim(ClaimKind.IS_CLIENT, _T),),
        no_undo="a client that runs is what is wanted",
    ),
)

RETIRE_AT_CONSOLE: Final = (
    ProcedureStep(
        key="console",
        purpose="run the printed script at its console, in single-user mode, before it boots fully (K1456)",
        host=_T,
        kind=StepKind.CONSOLE,
        needs=(Claim(ClaimKind.IS_MASTER_BESIDE, _M, _T),),
        proves=(Claim(ClaimKind.IS_CLIENT, _T), Claim(ClaimKind.HAS_NO_DATABASE, _T)),
        no_undo="it must not be a second master; its database was moved aside",
        point_of_no_return=True,
        deadline_seconds=3600.0,
    ),
)
