"""The steps that `gate install` prints, typed as printed on a host, end where the gate's installer ends."""

import re
from collections.abc import Iterator

import pytest

from boks_exporter.remote.gate import GateKind, gate_text
from boks_exporter.remote.installation import (
    DEFAULT_GATE_PATH,
    DEFAULT_OPERATOR_GATE_PATH,
    instructions,
)
from boks_exporter.remote.settings import Prefix, RemotePaths
from tests.integration.installer_host import (
    KEY,
    OPERATOR_KEY,
    InstallerHost,
    installer_host,
    operator,
    reading,
)
from tests.nonempty import nonempty

PATHS = RemotePaths(prefix=Prefix.SUDO)
READING = instructions("boksmon", "127.0.0.1", KEY, DEFAULT_GATE_PATH, PATHS)
OPERATOR = instructions("boksop", "127.0.0.1", OPERATOR_KEY, DEFAULT_OPERATOR_GATE_PATH, PATHS, operator=True)


@pytest.fixture
def host() -> Iterator[InstallerHost]:
    with installer_host() as host:
        yield host


def typed(guide: str) -> list[str]:
    """Return the blocks of the steps before the test over SSH."""
    steps = re.split(r"^## \d\. The test", guide, flags=re.MULTILINE)[0]
    return nonempty(re.findall(r"^```sh\n(.*?)^```$", steps, re.DOTALL | re.MULTILINE))


def put(host: InstallerHost, kind: GateKind, path: str) -> None:
    """Copy the gate to the host, as the comment in the steps says."""
    host.write("printed", gate_text(kind))
    host.sh(f"mkdir -p {path.rpartition('/')[0]} && cp {host.root}/printed {path}.new")


def test_the_steps_of_both_gates_leave_nothing_for_their_installers_to_change(host: InstallerHost) -> None:
    put(host, GateKind.READING, DEFAULT_GATE_PATH)
    for block in typed(READING):
        host.sh(f"set -e\n{block}")
    found = host.install(reading(), "check")
    assert (found.returncode, found.stderr) == (0, ""), found
    put(host, GateKind.OPERATOR, DEFAULT_OPERATOR_GATE_PATH)
    for block in typed(OPERATOR):
        host.sh(f"set -e\n{block}")
    for text in (reading(), operator()):
        found = host.install(text, "check")
        assert (found.returncode, found.stderr) == (0, ""), found
