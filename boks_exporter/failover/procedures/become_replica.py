"""How a client becomes a replica of the master (K1456)."""

from typing import Final

from boks_exporter.failover.procedures.claims import ClaimKind
from boks_exporter.failover.procedures.step_template import (
    ConditionTemplate,
    GateAction,
    HostRole,
    StepTemplate,
    When,
    wait,
)

_T, _M = HostRole.TARGET, HostRole.MASTER

REGISTER: Final = wait(
    _T,
    "wait-registered",
    "wait until its type in the database is BOKSREPLICA; change it there now if it is UNIXBOKSHOST (K1456)",
    ConditionTemplate(ClaimKind.IS_REGISTERED, _T, _M),
    seconds=1800.0,
)

BECOME_REPLICA: Final = (
    StepTemplate(
        key="set-shm-size",
        purpose="give it the master's SHM_SIZE; with less, its copy may be incomplete (HS troubleshooting/312)",
        on=_T,
        do=GateAction.SET_SHM_SIZE,
        proves=(ConditionTemplate(ClaimKind.HAS_SHM_SIZE, _T),),
        undo=GateAction.SET_SHM_SIZE,
        when=When.SHM_SIZE_DIFFERS,
    ),
    StepTemplate(
        key="convert-server",
        purpose="make it a replica",
        on=_T,
        do=GateAction.CONVERT_SERVER,
        needs=(ConditionTemplate(ClaimKind.MASTER_IS_SOUND, _M), ConditionTemplate(ClaimKind.HAS_NO_DATABASE, _T)),
        proves=(ConditionTemplate(ClaimKind.IS_REPLICA, _T),),
        undo=GateAction.CONVERT_CLIENT,
    ),
    StepTemplate(
        key="stop-replica",
        purpose="stop it, so that SHM_SIZE and role come into force",
        on=_T,
        do=GateAction.BOOT_STOP,
        proves=(ConditionTemplate(ClaimKind.IS_STOPPED, _T),),
        undo=GateAction.BOOT_START,
        trusts_exit=True,
    ),
    StepTemplate(
        key="start-replica",
        purpose="start it again",
        on=_T,
        do=GateAction.BOOT_START,
        proves=(ConditionTemplate(ClaimKind.IS_STARTED, _T),),
        no_undo="a replica that runs does no harm",
        trusts_exit=True,
    ),
    StepTemplate(
        key="stop-master",
        purpose="stop the master for a moment, so that it reads its replicas anew; logins go on",
        on=_M,
        do=GateAction.BOOT_STOP,
        needs=(ConditionTemplate(ClaimKind.MASTER_IS_SOUND, _M),),
        proves=(ConditionTemplate(ClaimKind.IS_STOPPED, _M),),
        undo=GateAction.BOOT_START,
        undo_needs=(ConditionTemplate(ClaimKind.NO_OTHER_MASTER, _M),),
        trusts_exit=True,
    ),
    StepTemplate(
        key="start-master",
        purpose="start the master again",
        on=_M,
        do=GateAction.BOOT_START,
        needs=(ConditionTemplate(ClaimKind.NO_OTHER_MASTER, _M),),
        proves=(ConditionTemplate(ClaimKind.IS_STARTED, _M), ConditionTemplate(ClaimKind.IS_MASTER_ALONE, _M)),
        no_undo="a master that runs is what is wanted",
        trusts_exit=True,
    ),
    wait(
        _T,
        "wait-listed",
        "wait until the master lists it as OK; it loads its copy first",
        ConditionTemplate(ClaimKind.IS_LISTED_OK, _T, _M),
        seconds=3600.0,
    ),
    wait(
        _T,
        "wait-equal",
        "wait until its numbers are the master's",
        ConditionTemplate(ClaimKind.IS_EQUAL, _T, _M),
        seconds=1800.0,
    ),
    wait(
        _M,
        "wait-others",
        "wait until the master, which was restarted, lists the other replicas as OK again",
        ConditionTemplate(ClaimKind.OTHERS_ARE_BACK, _M),
        seconds=1800.0,
    ),
)
