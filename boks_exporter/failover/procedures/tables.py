"""The procedures of K1456, K1262 and K1256 as tables of steps."""

from dataclasses import replace
from typing import Final

from boks_exporter.failover.procedure import Procedure
from boks_exporter.failover.procedures.become_replica import BECOME_REPLICA, REGISTER
from boks_exporter.failover.procedures.claims import Claim, ClaimKind
from boks_exporter.failover.procedures.promote import FROM_A_DEAD_MASTER, FROM_A_LIVING_MASTER
from boks_exporter.failover.procedures.retire import MOVE_DATABASE_ASIDE, RETIRE, RETIRE_AT_CONSOLE
from boks_exporter.failover.procedures.step import (
    CONVERT_CLIENT,
    CONVERT_SERVER,
    HostRole,
    ProcedureStep,
    When,
    exchanged,
    wait,
)

__all__ = ["RETIRE_AT_CONSOLE", "TABLES"]

_T, _M = HostRole.TARGET, HostRole.MASTER

_TAKE_APART: Final = ProcedureStep(
    key="convert-client",
    purpose="make the replica a client; agents use another one meanwhile",
    host=_T,
    words=CONVERT_CLIENT,
    needs=(Claim(ClaimKind.MASTER_IS_SOUND, _M), Claim(ClaimKind.IS_REPLICA, _T)),
    proves=(Claim(ClaimKind.IS_CLIENT, _T),),
    undo=CONVERT_SERVER,
)
_REMOVE_LEFTOVERS: Final = replace(MOVE_DATABASE_ASIDE, when=When.DATABASE_IS_THERE)
_JOIN_ANEW: Final = (MOVE_DATABASE_ASIDE, REGISTER, *BECOME_REPLICA)

_SWITCHOVER: Final = (*FROM_A_LIVING_MASTER, *exchanged(*_JOIN_ANEW))

_TWO_LOOKS: Final = 20.0
"""Some findings count only when they are seen twice."""

_VERIFY: Final = (
    wait(
        _T,
        "check-master",
        "ask every host whether it is master",
        Claim(ClaimKind.MASTER_IS_SOUND, _T),
        seconds=0.0,
    ),
    wait(
        _T,
        "compare",
        "compare the numbers of all replicas: none may be ahead of the master (K1456)",
        Claim(ClaimKind.NONE_IS_AHEAD, _T),
        seconds=_TWO_LOOKS,
    ),
    wait(
        _T,
        "verify",
        "check every replica",
        Claim(ClaimKind.DOMAIN_IS_SOUND, _T),
        seconds=_TWO_LOOKS,
    ),
)

TABLES: Final = {
    Procedure.ADD_REPLICA: (REGISTER, _REMOVE_LEFTOVERS, *BECOME_REPLICA),
    Procedure.PROMOTE: FROM_A_DEAD_MASTER,
    Procedure.RETIRE: RETIRE,
    Procedure.FAILBACK: _SWITCHOVER,
    Procedure.SWITCHOVER: _SWITCHOVER,
    Procedure.REBUILD: (_TAKE_APART, *_JOIN_ANEW),
    Procedure.VERIFY: _VERIFY,
}
