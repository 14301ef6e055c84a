"""The procedures of K1456, K1262 and K1256 as tables: data only, in the order in which they are carried out."""

from typing import Final

from boks_exporter.failover.procedures.claims import ClaimKind
from boks_exporter.failover.procedures.rows import About, Do, Kind, Part, Row, When
from boks_exporter.failover.words import Procedure

_T, _M = Part.TARGET, Part.MASTER
_AN_HOUR: Final = 3600.0
_HALF_AN_HOUR: Final = 1800.0
_TEN_MINUTES: Final = 600.0

_NO_WAY_BACK: Final = "there is no way back: what it writes from now on is in no other copy"


def _join(host: Part, master: Part) -> tuple[Row, ...]:
    """Make a client a replica of a master (K1456)."""
    return (
        Row(
            key="set-shm-size",
            purpose="give it the master's SHM_SIZE; with less, its copy may be incomplete (HS troubleshooting/312)",
            on=host,
            do=Do.SET_SHM_SIZE,
            proves=(About(ClaimKind.HAS_SHM_SIZE, host),),
            undo=Do.SET_SHM_SIZE,
            when=When.SHM_SIZE_DIFFERS,
        ),
        Row(
            key="convert-server",
            purpose="make it a replica",
            on=host,
            do=Do.CONVERT_SERVER,
            needs=(About(ClaimKind.MASTER_IS_SOUND, master), About(ClaimKind.HAS_NO_DATABASE, host)),
            proves=(About(ClaimKind.IS_REPLICA, host),),
            undo=Do.CONVERT_CLIENT,
        ),
        Row(
            key="stop-replica",
            purpose="stop it, so that SHM_SIZE and role come into force",
            on=host,
            do=Do.BOOT_STOP,
            proves=(About(ClaimKind.IS_STOPPED, host),),
            undo=Do.BOOT_START,
            trusts_exit=True,
        ),
        Row(
            key="start-replica",
            purpose="start it again",
            on=host,
            do=Do.BOOT_START,
            proves=(About(ClaimKind.IS_STARTED, host),),
            no_undo="a replica that runs does no harm",
            trusts_exit=True,
        ),
        Row(
            key="stop-master",
            purpose="stop the master for a moment, so that it reads its replicas anew; logins go on",
            on=master,
            do=Do.BOOT_STOP,
            needs=(About(ClaimKind.MASTER_IS_SOUND, master),),
            proves=(About(ClaimKind.IS_STOPPED, master),),
            undo=Do.BOOT_START,
            trusts_exit=True,
        ),
        Row(
            key="start-master",
            purpose="start the master again",
            on=master,
            do=Do.BOOT_START,
            proves=(About(ClaimKind.IS_STARTED, master), About(ClaimKind.IS_MASTER_ALONE, master)),
            no_undo="a master that runs is what is wanted",
            trusts_exit=True,
        ),
        Row(
            key="wait-listed",
            purpose="wait until the master lists it as OK; it loads its copy first",
            on=host,
            kind=Kind.WAIT,
            proves=(About(ClaimKind.IS_LISTED_OK, host, master),),
            deadline_seconds=_AN_HOUR,
        ),
        Row(
            key="wait-equal",
            purpose="wait until its numbers are the master's",
            on=host,
            kind=Kind.WAIT,
            proves=(About(ClaimKind.IS_EQUAL, host, master),),
            deadline_seconds=_HALF_AN_HOUR,
        ),
    )


def _registered(host: Part, master: Part) -> Row:
    return Row(
        key="wait-registered",
        purpose="wait until its type in the database is BOKSREPLICA; change it there now if it is UNIXBOKSHOST (K1456)",
        on=host,
        kind=Kind.WAIT,
        proves=(About(ClaimKind.IS_REGISTERED, host, master),),
        deadline_seconds=_HALF_AN_HOUR,
    )


def _remove(host: Part, master: Part, when: When = When.ALWAYS) -> Row:
    return Row(
        key="remove-database",
        purpose="move its *.dat and sequence aside, so that it loads the master's database and nothing else (K1262)",
        on=host,
        do=Do.REMOVE_DATABASE,
        needs=(About(ClaimKind.MAY_BE_REMOVED, host, master),),
        proves=(About(ClaimKind.HAS_NO_DATABASE, host),),
        undo=Do.RESTORE_DATABASE,
        when=when,
    )


def _after_promotion(master: Part) -> tuple[Row, ...]:
    return (
        Row(
            key="compare",
            purpose="compare the numbers of all replicas: none may be ahead of the new master (K1456)",
            on=master,
            kind=Kind.WAIT,
            proves=(About(ClaimKind.NONE_IS_AHEAD, master),),
            deadline_seconds=_TEN_MINUTES,
        ),
        Row(
            key="verify",
            purpose="wait until every replica is listed as OK and has what the new master has",
            on=master,
            kind=Kind.WAIT,
            proves=(About(ClaimKind.DOMAIN_IS_SOUND, master),),
            deadline_seconds=_HALF_AN_HOUR,
        ),
    )


ADD_REPLICA: Final = (_registered(_T, _M), _remove(_T, _M, When.DATABASE_IS_THERE), *_join(_T, _M))

PROMOTE: Final = (
    Row(
        key="check-no-master",
        purpose="ask every host and every witness whether there is a master",
        on=_T,
        kind=Kind.WAIT,
        proves=(About(ClaimKind.NOBODY_IS_MASTER, _T),),
        deadline_seconds=30.0,
    ),
    Row(
        key="check-error-log",
        purpose="look at the last 30 lines of its error log (K1456)",
        on=_T,
        kind=Kind.WAIT,
        proves=(About(ClaimKind.ERROR_LOG_IS_CLEAN, _T),),
        deadline_seconds=30.0,
    ),
    Row(
        key="convert-master",
        purpose="make it the master",
        on=_T,
        do=Do.CONVERT_MASTER,
        needs=(
            About(ClaimKind.NOBODY_IS_MASTER, _T),
            About(ClaimKind.IS_REPLICA, _T),
            About(ClaimKind.IS_BEST, _T),
        ),
        proves=(About(ClaimKind.IS_MASTER_ALONE, _T),),
        no_undo=_NO_WAY_BACK,
        point_of_no_return=True,
    ),
    *_after_promotion(_T),
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
    Row(
        key="stop-old-master",
        purpose="stop it: a client now, it must not run on as what it was",
        on=_T,
        do=Do.BOOT_STOP,
        needs=(About(ClaimKind.IS_CLIENT, _T),),
        proves=(About(ClaimKind.IS_OUT, _T),),
        undo=Do.BOOT_START,
        undo_needs=(About(ClaimKind.IS_CLIENT, _T),),
    ),
    _remove(_T, _M),
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
        deadline_seconds=_AN_HOUR,
    ),
)

SWITCHOVER: Final = (
    Row(
        key="wait-equal-before",
        purpose="wait until it has everything that the master has",
        on=_T,
        kind=Kind.WAIT,
        proves=(About(ClaimKind.IS_EQUAL, _T, _M),),
        deadline_seconds=_TEN_MINUTES,
    ),
    Row(
        key="stop-master-before",
        purpose="stop the master, so that nothing more is written; logins go on",
        on=_M,
        do=Do.BOOT_STOP,
        needs=(About(ClaimKind.MASTER_IS_SOUND, _M), About(ClaimKind.IS_REPLICA, _T)),
        proves=(About(ClaimKind.IS_STOPPED, _M),),
        undo=Do.BOOT_START,
    ),
    Row(
        key="compare-before",
        purpose="compare it with the stopped master: no update may be lost",
        on=_T,
        kind=Kind.WAIT,
        proves=(About(ClaimKind.IS_AS_ADVANCED, _T, _M),),
        deadline_seconds=60.0,
        gives_up=True,
    ),
    Row(
        key="convert-client",
        purpose="let the master step down",
        on=_M,
        do=Do.CONVERT_CLIENT,
        needs=(About(ClaimKind.IS_AS_ADVANCED, _T, _M),),
        proves=(About(ClaimKind.IS_CLIENT, _M),),
        undo=Do.CONVERT_MASTER,
        undo_needs=(About(ClaimKind.NOBODY_IS_MASTER, _M),),
    ),
    Row(
        key="stop-old-master",
        purpose="stop it once more: the conversion started it as a client, and only what stands still is proven out",
        on=_M,
        do=Do.BOOT_STOP,
        needs=(About(ClaimKind.IS_CLIENT, _M),),
        proves=(About(ClaimKind.IS_OUT, _M),),
        undo=Do.BOOT_START,
        undo_needs=(About(ClaimKind.IS_CLIENT, _M),),
    ),
    Row(
        key="convert-master",
        purpose="make it the master",
        on=_T,
        do=Do.CONVERT_MASTER,
        needs=(
            About(ClaimKind.NOBODY_IS_MASTER, _T),
            About(ClaimKind.IS_OUT, _M),
            About(ClaimKind.IS_REPLICA, _T),
            About(ClaimKind.IS_AS_ADVANCED, _T, _M),
        ),
        proves=(About(ClaimKind.IS_MASTER_ALONE, _T),),
        no_undo=_NO_WAY_BACK,
        point_of_no_return=True,
    ),
    *_after_promotion(_T),
    _remove(_M, _T),
    _registered(_M, _T),
    *_join(_M, _T),
)

REBUILD: Final = (
    Row(
        key="convert-client",
        purpose="take the replica apart; agents ask another one meanwhile",
        on=_T,
        do=Do.CONVERT_CLIENT,
        needs=(About(ClaimKind.MASTER_IS_SOUND, _M), About(ClaimKind.IS_REPLICA, _T)),
        proves=(About(ClaimKind.IS_CLIENT, _T),),
        undo=Do.CONVERT_SERVER,
    ),
    _remove(_T, _M),
    _registered(_T, _M),
    *_join(_T, _M),
)

_TWO_LOOKS: Final = 20.0
"""Some findings count only when they are seen twice."""

VERIFY: Final = (
    Row(
        key="check-master",
        purpose="ask every host whether it is master",
        on=_T,
        kind=Kind.WAIT,
        proves=(About(ClaimKind.MASTER_IS_SOUND, _T),),
        deadline_seconds=0.0,
    ),
    Row(
        key="compare",
        purpose="compare the numbers of all replicas: none may be ahead of the master (K1456)",
        on=_T,
        kind=Kind.WAIT,
        proves=(About(ClaimKind.NONE_IS_AHEAD, _T),),
        deadline_seconds=_TWO_LOOKS,
    ),
    Row(
        key="verify",
        purpose="look at every replica",
        on=_T,
        kind=Kind.WAIT,
        proves=(About(ClaimKind.DOMAIN_IS_SOUND, _T),),
        deadline_seconds=_TWO_LOOKS,
    ),
)

TABLES: Final = {
    Procedure.ADD_REPLICA: ADD_REPLICA,
    Procedure.PROMOTE: PROMOTE,
    Procedure.RETIRE: RETIRE,
    Procedure.FAILBACK: SWITCHOVER,
    Procedure.SWITCHOVER: SWITCHOVER,
    Procedure.REBUILD: REBUILD,
    Procedure.VERIFY: VERIFY,
}
