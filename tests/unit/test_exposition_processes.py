"""Metrics of the processes and the disk of a host."""

from dataclasses import replace

import pytest

from boks_exporter.exposition import ExporterInfo, render
from boks_exporter.model import DiskSpace, Processes, Role
from boks_exporter.parsing.processes import PROCESSES
from tests.unit.exposition_views import HOSTS, PUBLISHED, seen, view

INFO = ExporterInfo(version="1", revision="2", python="3")


def page(role: Role, processes: Processes | None, diskspace: DiskSpace | None = None) -> list[str]:
    outcome = replace(seen("MASTER", role, PUBLISHED, 1.0), processes=processes, diskspace=diskspace)
    text = render([view(HOSTS[:1], [outcome])], INFO).classic.decode()
    names = ("boks_host_process_running{", "boks_host_data_")
    return [line for line in text.splitlines() if line.startswith(names)]


@pytest.mark.parametrize(("role", "number"), [(Role.MASTER, 9), (Role.REPLICA, 7), (Role.CLIENT, 0), (Role.UNKNOWN, 0)])
def test_each_role_has_the_processes_that_sites_check(role: Role, number: int) -> None:
    """A client's are not known, and a replica has no boks_master."""
    running = tuple((name, name != "servc.s") for name in PROCESSES)
    lines = page(role, Processes(running))
    assert len(lines) == number
    assert [line for line in lines if line.endswith(" 0.0")] == (
        ['boks_host_process_running{boks_domain="bank",host="MASTER",process="servc.s"} 0.0'] if number else []
    )


def test_no_process_is_reported_where_the_gate_does_not_report_any() -> None:
    """An old gate has no series: absent is neither running nor missing."""
    assert page(Role.REPLICA, None) == []


def test_the_disk_without_a_known_size_has_its_free_space_only() -> None:
    lines = page(Role.CLIENT, None, DiskSpace(1024, None))
    assert lines == ['boks_host_data_free_bytes{boks_domain="bank",host="MASTER"} 1024.0']
