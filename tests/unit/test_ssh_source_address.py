"""The port and the source address that an OpenSSH configuration names are used, or refused as a fault of that file."""

from pathlib import Path

import pytest

from boks_exporter.app.checked_config import examine_all
from boks_exporter.errors import ConfigError, FailureReason
from boks_exporter.model import Host
from tests.unit.ssh_servers import ANSWER, Keys, outcome, ssh_server
from tests.unit.test_ssh_file_checks import write


async def test_a_login_comes_from_the_source_address_of_the_configuration(keys: Keys) -> None:
    config = keys.directory / "config"
    config.write_text("BindAddress 127.0.0.2\n", encoding="utf-8")
    async with ssh_server(keys) as server:
        assert await outcome(keys.settings(openssh_config=config), server.host) == ANSWER
        assert server.came_from == ["127.0.0.2"]


UNUSABLE = ["Port 99999", "Port 0", "Port -1", "BindAddress 192.0.2.1", "BindAddress 999.1.1.1", "BindAddress ::1"]


@pytest.mark.parametrize("option", [*UNUSABLE, "BindAddress localhost"])
async def test_what_no_connection_can_use_is_a_local_fault(keys: Keys, option: str) -> None:
    """The host is not blamed: nothing was sent to it."""
    config = keys.directory / "config"
    config.write_text(f"{option}\n", encoding="utf-8")
    async with ssh_server(keys) as server:
        host = server.host if "Bind" in option else Host("master1", "127.0.0.1")
        assert await outcome(keys.settings(openssh_config=config), host) is FailureReason.LOCAL
        assert server.attempts == 0


@pytest.mark.parametrize("option", UNUSABLE[:-1])
def test_the_same_is_a_fault_of_the_configuration_with_its_line(tmp_path: Path, option: str) -> None:
    file = write(tmp_path, "openssh_config: unusable")
    (tmp_path / "unusable").write_text(f"Host *\n  {option}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        examine_all(file)
    (problem,) = refused.value.problems
    assert (problem.path, problem.line is not None) == ("domains[0].transport.openssh_config", True)
    assert "unusable line 2: " in problem.message
