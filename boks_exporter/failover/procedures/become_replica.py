"""Steps by which a client becomes a replica of the master (K1456)."""

from typing import Final

from boks_exporter.failover.procedures.claims import Claim, ClaimKind
from boks_exporter.failover.procedures.step import (
    BOOT_START,
    BOOT_STOP,
    CONVERT_CLIENT,
    CONVERT_SERVER,
    SET_SHM_SIZE,
    HostRole,
    ProcedureStep,
    Stretch,
    When,
    wait,
)

_T, _M = HostRole.TARGET, HostRole.MASTER

REGISTER: Final = wait(
    _T,
    "wait-registered",
    "wait until its type in the database is BOKSREPLICA; change it there now if it is UNIXBOKSHOST (K1456)",
    Claim(ClaimKind.IS_REGISTERED, _T, _M),
    seconds=1800.0,
)

BECOME_REPLICA: Final = (
    ProcedureStep(
        key="set-shm-size",
        purpose="give it the master's SHM_SIZE; with less, its copy may be incomplete (HS troubleshooting/312)",
        host=_T,
        words=SET_SHM_SIZE,
        proves=(Claim(ClaimKind.HAS_SHM_SIZE, _T),),
        undo=SET_SHM_SIZE,
        when=When.SHM_SIZE_DIFFERS,
    ),
    ProcedureStep(
        key="convert-server",
        purpose="make it a replica",
        host=_T,
        words=CONVERT_SERVER,
        needs=(Claim(ClaimKind.MASTER_IS_SOUND, _M), Claim(ClaimKind.HAS_NO_DATABASE, _T)),
        proves=(Claim(ClaimKind.IS_REPLICA, _T),),
        undo=CONVERT_CLIENT,
    ),
    ProcedureStep(
        key="stop-replica",
        purpose="stop it, so that SHM_SIZE and role come into force",
        host=_T,
        words=BOOT_STOP,
        proves=(Claim(ClaimKind.IS_STOPPED, _T),),
        undo=BOOT_START,
        stretch=Stretch.FINISH,
        trusts_exit=True,
    ),
    ProcedureStep(
        key="start-replica",
        purpose="start it again",
        host=_T,
        words=BOOT_START,
        proves=(Claim(ClaimKind.IS_STARTED, _T),),
        no_undo="a replica that runs does no harm",
        trusts_exit=True,
    ),
    ProcedureStep(
        key="stop-master",
        purpose="stop the master for a moment, so that it reads its replicas again; logins continue",
        host=_M,
        words=BOOT_STOP,
        needs=(Claim(ClaimKind.MASTER_IS_SOUND, _M),),
        proves=(Claim(ClaimKind.IS_STOPPED, _M),),
        undo=BOOT_START,
        undo_needs=(Claim(ClaimKind.NO_OTHER_MASTER, _M),),
        stretch=Stretch.FINISH,
        trusts_exit=True,
    ),
    ProcedureStep(
        key="start-master",
        purpose="start the master again",
        host=_M,
        words=BOOT_START,
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
    wait(
        _T,
        "wait-equal",
        "wait until its numbers are the master's",
        Claim(ClaimKind.IS_EQUAL, _T, _M),
        seconds=1800.0,
    ),
    wait(
        _M,
        "wait-others",
        "wait until the master, which was restarted, lists the other replicas as OK again",
        Claim(ClaimKind.OTHERS_ARE_BACK, _M),
        seconds=1800.0,
    ),
)
