"""The whole replies of the three kinds of host in tests.unit.gate_tree."""

_OPEN = """\
=opening
=section role
|BOKSINIT={init}
|SHM_SIZE=16000
|BRIDGE_ACCEPT_MASTER_IPS="10.0.0.1 10.0.0.2"
=end role exit=0
"""

_SEQUENCE = """\
=section sequence
|...
|T7 13678d 8:33:46 5053 (5053)
|...
=end sequence exit=0
"""

_LIST = """\
=section list
|SERVER SINCE LAST SINCE LAST SINCE LAST COUNT LAST
|REPHOST3 00:49 04:50 726768 OK
!one replica is slow
=end list exit=3
"""

_MEMORY = """\
=section memory
|Total: 1023968, Free: 949824, Used: 74144, Largest free: 944896
=end memory exit=0
"""

_ERRLOG = """\
=section errlog
|lines=2
|> first
|> second
=end errlog exit=0
"""

_QUEUE = """\
=section queue
|files=2
|oldest=… 1 Jan  1  2025 dd_fcom_1
=end queue exit=0
"""

_CLOSE = """\
=section checksums
|method.conf 1618168135 11
=end checksums exit=0
=done sections=7
"""


def _skipped(name: str, reason: str) -> str:
    return f"=section {name}\n=end {name} skipped={reason}\n"


MASTER = _OPEN.format(init="master") + _SEQUENCE + _LIST + _MEMORY + _ERRLOG + _QUEUE + _CLOSE

REPLICA = (
    _OPEN.format(init="server")
    + _SEQUENCE
    + _skipped("list", "not_master")
    + _MEMORY
    + _ERRLOG
    + _skipped("queue", "not_master")
    + _CLOSE
)

CLIENT = (
    _OPEN.format(init="client")
    + _skipped("sequence", "client")
    + _skipped("list", "not_master")
    + _skipped("memory", "client")
    + _ERRLOG
    + _skipped("queue", "not_master")
    + _CLOSE
)

BY_INIT = {"master": MASTER, "server": REPLICA, "client": CLIENT}
