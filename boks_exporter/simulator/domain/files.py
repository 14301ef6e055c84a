"""The files of a host; where no format is published, the content is made up and means nothing."""

import math
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

from boks_exporter.simulator.domain.host import SimulatedHost
from boks_exporter.simulator.domain.printing import sequence_text
from boks_exporter.simulator.domain.replica_data import SEQUENCE_FILE, table_file
from boks_exporter.simulator.domain.replica_link import Link
from boks_exporter.simulator.domain.state import SimulatedState

_QUEUE_FILE_SECONDS: Final = 60.0
"""The spool holds one file for each minute of unsent updates, up to 50."""

_QUEUE_LIMIT: Final = 50

METHOD_CONF: Final = b"""# authentication methods, the same on every server
ssh_pk    SSH_SUNOPENSSH  ssh
password  PASSWORD        *
"""


def files(state: SimulatedState, host: SimulatedHost) -> Mapping[str, bytes]:
    """Return the files below the two BoKS directories, etc and var."""
    found = {
        "etc/ENV": environment(state, host),
        "var/boks_errlog": errlog(state, host),
    }
    if methods := method_conf(host):
        found["etc/method.conf"] = methods
    numbers = host.copy.numbers(state.now)
    if host.copy.is_there(state.now) and SEQUENCE_FILE not in host.copy.elsewhere:
        found["var/data/sequence"] = sequence_text(numbers).encode()
    for table, (number, _) in sorted(numbers.items()):
        found[f"var/data/{table_file(table)}"] = f"table {table}, up to update {number}\n".encode()
    for number, age in enumerate(queue_ages(state, host), 1):
        found[f"var/data/master_spool/dd_fcom_{number}"] = f"unsent for {int(age)} s\n".encode()
    return found


def method_conf(host: SimulatedHost) -> bytes:
    """Return a host's method.conf; empty where it has none."""
    return METHOD_CONF if host.method_conf is None else host.method_conf


def queue_ages(state: SimulatedState, host: SimulatedHost) -> tuple[float, ...]:
    """Return the age of each file in the master's spool, the oldest first."""
    waiting = max((wait for link in host.links.values() if (wait := _waits(state, host, link))), default=0.0)
    count = min(_QUEUE_LIMIT, math.ceil(waiting / _QUEUE_FILE_SECONDS))
    return tuple(waiting - place * waiting / count for place in range(count))


def _waits(state: SimulatedState, host: SimulatedHost, link: Link) -> float:
    """Return for how long updates to one replica have been waiting."""
    written = host.copy.database.last_write(state.now) if host.copy.database else None
    if link.broken_at is None or written is None or written <= link.broken_at:
        return 0.0
    return state.now - link.broken_at


def environment(state: SimulatedState, host: SimulatedHost) -> bytes:
    """Write ENV."""
    bridge = state.bridge_addresses if host.bridge is None else host.bridge
    values = {
        "BOKS_etc": "/etc/opt/boksm",
        "BOKS_var": "/var/opt/boksm",
        "BOKSINIT": host.role,
        "SHM_SIZE": host.shm_size_kilobytes,
        "BRIDGE_ACCEPT_MASTER_IPS": f'"{bridge}"' if " " in bridge else bridge,
    }
    lines = (f"{key}={value}\n" for key, value in values.items() if key not in host.env_lacks)
    return "".join(("# BoKS environment\n", *lines)).encode()


def errlog(state: SimulatedState, host: SimulatedHost) -> bytes:
    """Write the error log."""
    return "".join(_errlog_lines(state, host)).encode()


def _errlog_lines(state: SimulatedState, host: SimulatedHost) -> Iterator[str]:
    for at, text in host.errlog:
        when = datetime.fromtimestamp(state.epoch + at, UTC)
        yield f"{when:%b %d %H:%M:%S} {host.name} {text}\n"
