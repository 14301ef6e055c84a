"""The procedures of K1456, K1262 and K1256: one table with the exact conditions, rollback and deadline of every row."""

from dataclasses import replace
from typing import Final

from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.procedures.claims import Claim, ClaimKind
from boks_exporter.failover.procedures.step import (
    HostRole,
    ProcedureStep,
    StepKind,
    Stretch,
    When,
    Words,
    change,
    exchanged,
    wait,
)

_T, _M = HostRole.TARGET, HostRole.MASTER

_IS_REPLICA: Final = Claim(ClaimKind.IS_REPLICA, _T)
_IS_CLIENT: Final = Claim(ClaimKind.IS_CLIENT, _T)
_NOBODY_IS_MASTER: Final = Claim(ClaimKind.NOBODY_IS_MASTER, _T)
_MASTER_IS_SOUND: Final = Claim(ClaimKind.MASTER_IS_SOUND, _M)
_IS_MASTER_BESIDE: Final = Claim(ClaimKind.IS_MASTER_BESIDE, _M, _T)
_IS_EQUAL: Final = Claim(ClaimKind.IS_EQUAL, _T, _M)
_IS_AS_ADVANCED: Final = Claim(ClaimKind.IS_AS_ADVANCED, _T, _M)
_HAS_NO_DATABASE: Final = Claim(ClaimKind.HAS_NO_DATABASE, _T)

_CONVERT_MASTER: Final = change(
    _T,
    "convert-master",
    Words.CONVERT_MASTER,
    "make it the master",
    needs=(_NOBODY_IS_MASTER, _IS_REPLICA, Claim(ClaimKind.IS_BEST, _T)),
    no_undo="there is no way back: what it writes from now on is in no other copy",
    point_of_no_return=True,
    stretch=Stretch.FINISH,
)
_AFTER_THE_CONVERSION: Final = (
    change(
        _T,
        "start-new-master",
        Words.BOOT_START,
        "start it, where its conversion ended before it did so",
        needs=(Claim(ClaimKind.MAY_START_AS_MASTER, _T), Claim(ClaimKind.IS_STOPPED, _T)),
        proves=(Claim(ClaimKind.IS_MASTER_ALONE, _T),),
        no_undo="a master that runs is what is wanted",
        when=When.IS_STOPPED,
    ),
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
_FROM_A_DEAD_MASTER: Final = (
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
        proves=(_NOBODY_IS_MASTER,),
        no_undo="a fenced host is switched on by hand, after it was retired",
        when=When.IS_FENCED,
    ),
    _CONVERT_MASTER,
    *_AFTER_THE_CONVERSION,
)

_STOP_OLD_MASTER: Final = change(
    _T,
    "stop-old-master",
    Words.BOOT_STOP,
    "stop it: a client now, it must not run on as what it was",
    needs=(_IS_CLIENT,),
    proves=(Claim(ClaimKind.IS_OUT, _T),),
    undo=Words.BOOT_START,
    undo_needs=(_IS_CLIENT,),
)
_FROM_A_LIVING_MASTER: Final = (
    wait(_T, "wait-equal-before", "wait until it has everything that the master has", _IS_EQUAL, seconds=600.0),
    change(
        _M,
        "quiesce",
        Words.BOOT_STOP,
        "stop the master while it writes nothing, and compare: no update may be lost; logins continue",
        kind=StepKind.QUIESCE,
        needs=(_MASTER_IS_SOUND, _IS_REPLICA, _IS_EQUAL),
        proves=(Claim(ClaimKind.IS_STOPPED, _M), _IS_AS_ADVANCED),
        undo=Words.BOOT_START,
        undo_needs=(Claim(ClaimKind.NO_OTHER_MASTER, _M),),
        stretch=Stretch.UNDO,
    ),
    change(
        _M,
        "convert-client",
        Words.CONVERT_CLIENT,
        "make the master a client",
        needs=(_IS_AS_ADVANCED,),
        undo=Words.CONVERT_MASTER,
        undo_needs=(Claim(ClaimKind.NOBODY_IS_MASTER, _M),),
        stretch=Stretch.UNDO,
    ),
    replace(
        exchanged(_STOP_OLD_MASTER)[0],
        purpose="stop it once more: the conversion started it as a client, and only a stopped one is proven out",
        stretch=Stretch.UNDO,
    ),
    replace(_CONVERT_MASTER, needs=(_NOBODY_IS_MASTER, Claim(ClaimKind.IS_OUT, _M), _IS_REPLICA, _IS_AS_ADVANCED)),
    *_AFTER_THE_CONVERSION,
)

_MOVE_DATABASE_ASIDE: Final = change(
    _T,
    "remove-database",
    Words.REMOVE_DATABASE,
    "move its *.dat and sequence aside, so that it loads the master's database and nothing else (K1262)",
    needs=(Claim(ClaimKind.MAY_BE_REMOVED, _T, _M),),
    undo=Words.RESTORE_DATABASE,
)
_RETIRE: Final = (
    change(
        _T,
        "convert-client",
        Words.CONVERT_CLIENT,
        "make the old master a client, before it can be a second master (K1456)",
        needs=(_IS_MASTER_BESIDE,),
        no_undo="it must not be a second master",
        point_of_no_return=True,
    ),
    _STOP_OLD_MASTER,
    _MOVE_DATABASE_ASIDE,
    change(
        _T,
        "start-client",
        Words.BOOT_START,
        "start it as a client",
        needs=(_IS_CLIENT,),
        proves=(_IS_CLIENT,),
        no_undo="a client that runs is what is wanted",
    ),
)
RETIRE_AT_CONSOLE: Final = (
    ProcedureStep(
        key="console",
        purpose="run the printed script at its console, in single-user mode, before it boots fully (K1456)",
        host=_T,
        kind=StepKind.CONSOLE,
        needs=(_IS_MASTER_BESIDE,),
        proves=(_IS_CLIENT, _HAS_NO_DATABASE),
        no_undo="it must not be a second master; its database was moved aside",
        point_of_no_return=True,
        deadline_seconds=3600.0,
    ),
)

_REGISTER: Final = wait(
    _T,
    "wait-registered",
    "wait until its type in the database is BOKSREPLICA; change it there now if it is UNIXBOKSHOST (K1456)",
    Claim(ClaimKind.IS_REGISTERED, _T, _M),
    seconds=1800.0,
)
_BECOME_REPLICA: Final = (
    change(
        _T,
        "set-shm-size",
        Words.SET_SHM_SIZE,
        "give it the master's SHM_SIZE; with less, its copy may be incomplete (HS troubleshooting/312)",
        undo=Words.SET_SHM_SIZE,
        when=When.SHM_SIZE_DIFFERS,
    ),
    change(
        _T,
        "convert-server",
        Words.CONVERT_SERVER,
        "make it a replica",
        needs=(_MASTER_IS_SOUND, _HAS_NO_DATABASE),
        undo=Words.CONVERT_CLIENT,
    ),
    change(
        _T,
        "stop-replica",
        Words.BOOT_STOP,
        "stop it, so that SHM_SIZE and role come into force",
        undo=Words.BOOT_START,
        stretch=Stretch.FINISH,
        trusts_exit=True,
    ),
    change(
        _T,
        "start-replica",
        Words.BOOT_START,
        "start it again",
        no_undo="a replica that runs does no harm",
        trusts_exit=True,
    ),
    change(
        _M,
        "stop-master",
        Words.BOOT_STOP,
        "stop the master for a moment, so that it reads its replicas again; logins continue",
        needs=(_MASTER_IS_SOUND,),
        undo=Words.BOOT_START,
        undo_needs=(Claim(ClaimKind.NO_OTHER_MASTER, _M),),
        stretch=Stretch.FINISH,
        trusts_exit=True,
    ),
    change(
        _M,
        "start-master",
        Words.BOOT_START,
        "start the master again",
        needs=(Claim(ClaimKind.NO_OTHER_MASTER, _M),),
        proves=(Claim(ClaimKind.IS_STARTED, _M), Claim(ClaimKind.IS_MASTER_ALONE, _M)),
        no_undo="a master that runs is what is wanted",
        trusts_exit=True,
    ),
    wait(
        _T,
        "wait-listed",
        "wait until the master lists it as OK; it loads its copy first",
        Claim(ClaimKind.IS_LISTED_OK, _T, _M),
        seconds=3600.0,
    ),
    wait(_T, "wait-equal", "wait until its numbers are the master's", _IS_EQUAL, seconds=1800.0),
    wait(
        _M,
        "wait-others",
        "wait until the master, which was restarted, lists the other replicas as OK again",
        Claim(ClaimKind.OTHERS_ARE_BACK, _M),
        seconds=1800.0,
    ),
)
_TAKE_APART: Final = change(
    _T,
    "convert-client",
    Words.CONVERT_CLIENT,
    "make the replica a client; agents use another one meanwhile",
    needs=(_MASTER_IS_SOUND, _IS_REPLICA),
    undo=Words.CONVERT_SERVER,
)
_REMOVE_LEFTOVERS: Final = replace(_MOVE_DATABASE_ASIDE, when=When.DATABASE_IS_THERE)
_JOIN_ANEW: Final = (_MOVE_DATABASE_ASIDE, _REGISTER, *_BECOME_REPLICA)
_SWITCHOVER: Final = (*_FROM_A_LIVING_MASTER, *exchanged(*_JOIN_ANEW))

TABLES: Final = {
    Procedure.ADD_REPLICA: (_REGISTER, _REMOVE_LEFTOVERS, *_BECOME_REPLICA),
    Procedure.PROMOTE: _FROM_A_DEAD_MASTER,
    Procedure.RETIRE: _RETIRE,
    Procedure.FAILBACK: _SWITCHOVER,
    Procedure.SWITCHOVER: _SWITCHOVER,
    Procedure.REBUILD: (_TAKE_APART, *_JOIN_ANEW),
}
