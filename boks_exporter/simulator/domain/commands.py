"""What each of BoKS's commands does and prints; error texts and exit codes are made up, since none are published."""

import math
import zlib
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Final, TypeAlias

from boks_exporter.simulator.domain.faults import Fault
from boks_exporter.simulator.domain.files import files
from boks_exporter.simulator.domain.host import SimulatedHost
from boks_exporter.simulator.domain.layout import Boksinit, Printed, Stopped
from boks_exporter.simulator.domain.printing import conversion_text, list_text, memory_text, sequence_text
from boks_exporter.simulator.domain.roles import demote, promote, start_daemons, stop_daemons
from boks_exporter.simulator.domain.state import SimulatedState

Argv: TypeAlias = tuple[str, ...]
Command: TypeAlias = Callable[[SimulatedState, SimulatedHost, Argv], Printed]

_USED_BYTES: Final = 74144
_BYTES_A_TABLE: Final = 120_000
_OPTIONS_WITH_VALUE: Final = {"-t", "-h"}


def run(state: SimulatedState, host: SimulatedHost, argv: Argv) -> Printed:
    """Run a command; a host that hangs or prints garbage does so for every command."""
    if Fault.HANGING in host.faults:
        return Printed(b"", delay_seconds=math.inf)
    if Fault.GARBAGE in host.faults:
        return Printed(state.random.randbytes(int(host.faults[Fault.GARBAGE].get("bytes", 2000))))
    command = _COMMANDS.get(argv[:2]) or _COMMANDS.get(argv[:1])
    if command is None:
        return _refused(f"boksadm: {' '.join(argv)}: not found", 127)
    return command(state, host, argv)


def _printed(text: str, delay_seconds: float = 0.05) -> Printed:
    return Printed(text.encode(), delay_seconds=delay_seconds)


def _refused(text: str, status: int = 1) -> Printed:
    return Printed(b"", f"{text}\n".encode(), status)


def _list(state: SimulatedState, host: SimulatedHost, _: Argv) -> Printed:
    database = host.copy.database
    if host.role is not Boksinit.MASTER or database is None:
        return _refused("boksdiag: list: this host is not the master")
    if not host.daemons_running:
        return _refused("boksdiag: list: no answer from the master's daemons")
    rows = [(name, link.row(state.now, database)) for name, link in host.links.items() if state.hosts[name].is_listed]
    return _printed(list_text(rows, state.now, state.layout.list_style))


def _sequence(state: SimulatedState, host: SimulatedHost, _: Argv) -> Printed:
    if host.role is Boksinit.CLIENT:
        return _refused("boksdiag: sequence: there is no database on a client")
    if not host.daemons_running and state.layout.when_stopped is Stopped.ERROR:
        return _refused("boksdiag: sequence: the daemons are not running")
    return _printed(sequence_text(host.copy.numbers(state.now)))


def _queue(state: SimulatedState, host: SimulatedHost, _: Argv) -> Printed:
    names = [path for path in files(state, host) if "dd_fcom_" in path]
    return _printed("".join(f"{path.rpartition('/')[2]}\n" for path in names))


def _memory(_: SimulatedState, host: SimulatedHost, __: Argv) -> Printed:
    tables = len(host.copy.database.tables) if host.copy.database else 0
    return _printed(memory_text(host.shm_size_kilobytes, _USED_BYTES + tables * _BYTES_A_TABLE))


def _convert(state: SimulatedState, host: SimulatedHost, argv: Argv) -> Printed:
    if len(argv) != len(("convert", "-v", "ROLE")) or argv[2] not in set(Boksinit):
        return _refused("usage: convert -v master|server|client", 2)
    before, after = host.role, Boksinit(argv[2])
    stop_daemons(state, host)
    if after is not Boksinit.MASTER:
        demote(state, host, after)
    elif before is not Boksinit.MASTER:
        promote(state, host)
    start_daemons(state, host)
    host.log(state.now, f"convert: BOKSINIT={after}")
    return _printed(conversion_text(before, after), 3.0)


def _boot(state: SimulatedState, host: SimulatedHost, argv: Argv) -> Printed:
    if argv == ("Boot", "-k"):
        stop_daemons(state, host)
    elif argv == ("Boot",):
        if not host.daemons_running:
            start_daemons(state, host)
    else:
        return _refused("usage: Boot [-k]", 2)
    return _printed("", 2.0)


def _hostadm(state: SimulatedState, host: SimulatedHost, argv: Argv) -> Printed:
    """List hosts by type, or change one's type; only the listing's form is known, by analogy (inferred)."""
    values = {option: value for option, value in pairwise(argv) if option in _OPTIONS_WITH_VALUE}
    if "-l" in argv:
        wanted = values.get("-t") == "BOKSREPLICA"
        return _printed("".join(f"{each.name}\n" for each in state.hosts.values() if each.is_registered is wanted))
    target = state.hosts.get(values.get("-h", ""))
    if not host.is_working_master:
        return _refused("hostadm: the database can be changed on a working master only")
    if target is None or values.get("-t") not in {"BOKSREPLICA", "UNIXBOKSHOST"}:
        return _refused("usage: hostadm -l|-m -t BOKSREPLICA|UNIXBOKSHOST -h HOST", 2)
    target.is_registered = values["-t"] == "BOKSREPLICA"
    return _printed("")


def _cadm(state: SimulatedState, host: SimulatedHost, argv: Argv) -> Printed:
    """Set a key of ENV; SHM_SIZE is the only key that is simulated."""
    key, _, value = argv[2].partition("=") if argv[1:2] == ("-E",) and len(argv) > 2 else ("", "", "")  # noqa: PLR2004 - a value after -E
    if key != "SHM_SIZE" or not value.isdigit():
        return _refused("usage: cadm -E SHM_SIZE=KILOBYTES", 2)
    host.shm_size_kilobytes, host.env_written_at = int(value), state.now
    host.env_lacks.discard(key)
    return _printed("")


def _hostkey(_: SimulatedState, host: SimulatedHost, argv: Argv) -> Printed:
    """Print the check value of the node key; its form is made up."""
    return (
        _printed(f"{zlib.crc32(host.name.encode()):08x}\n") if argv[1:] == ("-c",) else _refused("usage: hostkey -c", 2)
    )


_COMMANDS: Final[Mapping[Argv, Command]] = {
    ("boksdiag", "list"): _list,
    ("boksdiag", "sequence"): _sequence,
    ("boksdiag", "fque"): _queue,
    ("dumpbase", "-m"): _memory,
    ("convert",): _convert,
    ("Boot",): _boot,
    ("hostadm",): _hostadm,
    ("cadm",): _cadm,
    ("hostkey",): _hostkey,
}
