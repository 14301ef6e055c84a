"""All kinds of fault by name."""

from collections.abc import Mapping
from typing import Final

from tests.bed import fault_kinds as faults
from tests.bed.kind import Expected, Kind, Scope

BACKOFF: Final = 5
"""The pause after a refused login, in intervals: 2m30s where rounds are 30s apart."""

_LOST: Final = frozenset({"timeout", "connect"})
_BROKEN: Final = _LOST | {"channel"}

KINDS: Final[Mapping[str, Kind]] = {
    "link down": Kind(fault=faults.link_down, what="the line to a host is down", reasons=_LOST),
    "half-open": Kind(
        fault=faults.half_open,
        what="a host restarts, and nothing closes the connections that it forgets",
        expected=Expected.UP,
        reasons=_BROKEN,
    ),
    "loss": Kind(
        fault=faults.loss,
        what="a quarter of the packets is lost in each direction",
        expected=Expected.EITHER,
        reasons=_BROKEN,
    ),
    "delay": Kind(
        fault=faults.delay, what="packets are 40 ms late each way", scope=Scope.SLOW_LINE, expected=Expected.UP
    ),
    "replies lost": Kind(fault=faults.replies_lost, what="nothing that a host sends arrives", reasons=_LOST),
    "requests lost": Kind(fault=faults.requests_lost, what="nothing that is sent to a host arrives", reasons=_LOST),
    "site cut off": Kind(fault=faults.site_cut, what="nothing passes a site's router", scope=Scope.SITE, reasons=_LOST),
    "sshd killed": Kind(fault=faults.sshd_killed, what="sshd and its sessions are killed", reasons=_BROKEN),
    "sshd frozen": Kind(fault=faults.sshd_frozen, what="sshd and its sessions are stopped (SIGSTOP)", reasons=_LOST),
    "MaxStartups": Kind(
        fault=faults.start_slots_taken,
        what="strangers hold all connections that sshd accepts before login",
        reasons=_BROKEN,
    ),
    "new address": Kind(
        fault=faults.new_address, what="a host restarts with a new address", expected=Expected.UP, reasons=_BROKEN
    ),
    "host key replaced": Kind(
        fault=faults.other_host_key, what="a host restarts with another host key", reasons=_BROKEN | {"host_key"}
    ),
    "login refused": Kind(
        fault=faults.login_refused,
        what="the exporter's key is removed from a host",
        reasons=_BROKEN | {"auth"},
        lasts=12,
        recovers_within=BACKOFF + 2,
    ),
    "host's disk full": Kind(
        fault=faults.host_disk_full,
        what="the file system of the gate's state is full, and the connection is cut",
        expected=Expected.UP,
        reasons=_BROKEN,
    ),
    "host's clock": Kind(
        fault=faults.host_clock,
        what="a host's clock is an hour ahead",
        expected=Expected.UP,
        clock_offset=3600,
        lasts=8,
    ),
    "DNS silent": Kind(
        fault=faults.names_silent,
        what="the name server does not answer, and a connection is cut",
        scope=Scope.NAMES,
        expected=Expected.UP,
        reasons=_BROKEN | {"dns"},
    ),
    "DNS wrong": Kind(
        fault=faults.names_wrong,
        what="the name server answers with another host's address, and a connection is cut",
        scope=Scope.NAMES,
        reasons=_BROKEN | {"host_key"},
    ),
    "exporter's disk full": Kind(
        fault=faults.exporter_disk_full,
        what="the file system of the state file is full",
        scope=Scope.EXPORTER,
        expected=Expected.UP,
    ),
    "descriptors": Kind(
        fault=faults.exporter_descriptors,
        what="the exporter may open two descriptors more (prlimit)",
        scope=Scope.EXPORTER,
        expected=Expected.UP,
    ),
    "memory": Kind(
        fault=faults.exporter_memory,
        what="the exporter may use 24 MiB more than it does (control group)",
        scope=Scope.EXPORTER,
        expected=Expected.UP,
    ),
    "exporter's clock": Kind(
        fault=faults.exporter_clock_ahead,
        what="the exporter's clock jumps by an hour, and back",
        scope=Scope.EXPORTER,
        expected=Expected.UP,
    ),
    "exporter frozen": Kind(
        fault=faults.exporter_frozen,
        what="the exporter is stopped (SIGSTOP) for two minutes of a 30s interval",
        scope=Scope.EXPORTER,
        expected=Expected.UP,
        lasts=4,
        answers=False,
        blames_no_host=True,
    ),
    "kill -9": Kind(
        fault=faults.exporter_killed,
        what="the exporter is killed and starts again",
        scope=Scope.EXPORTER,
        expected=Expected.EITHER,
        lasts=1,
        answers=False,
    ),
}
