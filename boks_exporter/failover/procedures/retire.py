"""How a server is taken out: it becomes a client, and its database is moved aside."""

from typing import Final

from boks_exporter.failover.procedures.claims import ClaimKind
from boks_exporter.failover.procedures.step_template import About, Do, Kind, Part, Row

_T, _M = Part.TARGET, Part.MASTER

REMOVE_DATABASE: Final = Row(
    key="remove-database",
    purpose="move its *.dat and sequence aside, so that it loads the master's database and nothing else (K1262)",
    on=_T,
    do=Do.REMOVE_DATABASE,
    needs=(About(ClaimKind.MAY_BE_REMOVED, _T, _M),),
    proves=(About(ClaimKind.HAS_NO_DATABASE, _T),),
    undo=Do.RESTORE_DATABASE,
)


def stop_old_master(on: Part, purpose: str) -> Row:
    """Stop what was a master and is a client now; only what stands still is proven out."""
    return Row(
        key="stop-old-master",
        purpose=purpose,
        on=on,
        do=Do.BOOT_STOP,
        needs=(About(ClaimKind.IS_CLIENT, on),),
        proves=(About(ClaimKind.IS_OUT, on),),
        undo=Do.BOOT_START,
        undo_needs=(About(ClaimKind.IS_CLIENT, on),),
    )


RETIRE: Final = (
    Row(
        key="convert-client",
        purpose="make the old master a client, before it can be a master beside the new one (K1456)",
        on=_T,
        do=Do.CONVERT_CLIENT,
        needs=(About(ClaimKind.IS_MASTER_BESIDE, _M, _T),),
        proves=(About(ClaimKind.IS_CLIENT, _T),),
        no_undo="it must not be a master again beside the new one",
        point_of_no_return=True,
    ),
    stop_old_master(_T, "stop it: a client now, it must not run on as what it was"),
    REMOVE_DATABASE,
    Row(
        key="start-client",
        purpose="start it as a client",
        on=_T,
        do=Do.BOOT_START,
        needs=(About(ClaimKind.IS_CLIENT, _T),),
        proves=(About(ClaimKind.IS_CLIENT, _T),),
        no_undo="a client that runs is what is wanted",
    ),
)

RETIRE_AT_CONSOLE: Final = (
    Row(
        key="console",
        purpose="run the printed script at its console, in single-user mode, before it boots fully (K1456)",
        on=_T,
        kind=Kind.CONSOLE,
        needs=(About(ClaimKind.IS_MASTER_BESIDE, _M, _T),),
        proves=(About(ClaimKind.IS_CLIENT, _T), About(ClaimKind.HAS_NO_DATABASE, _T)),
        no_undo="it must not be a master again beside the new one; its database lies beside where it was",
        point_of_no_return=True,
        deadline_seconds=3600.0,
    ),
)
