"""Keywords of an OpenSSH configuration that are for people, that OpenSSH alone knows, or that are misspelt."""

from pathlib import Path

import pytest

from boks_exporter.app.checked_config import examine_all
from boks_exporter.model import Host
from tests.unit.ssh_servers import ANSWER, Keys, outcome, ssh_server
from tests.unit.test_ssh_file_checks import write


def warnings(directory: Path, text: str) -> list[str]:
    """Return the warnings about an OpenSSH configuration."""
    file = write(directory, "openssh_config: stated")
    (directory / "stated").write_text(text, encoding="utf-8")
    found = examine_all(file).warnings
    assert {problem.path for problem in found} <= {"domains[0].transport.openssh_config"}
    return [problem.message for problem in found]


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("Prot 22", 'did you mean "Port"?'),
        ("HostNam=rep1", 'did you mean "Hostname"?'),
        ("\ufeffPort 22", "is no keyword"),
        ("BindInterface eth0", "BindAddress"),
        ("RevokedHostKeys /etc/ssh/revoked", "@revoked"),
        ("PubkeyAcceptedAlgorithms +ssh-rsa", "algorithms.signatures"),
        ("Match host m final", "have no effect here"),
    ],
)
def test_a_line_without_effect_is_a_warning_with_its_place(tmp_path: Path, line: str, named: str) -> None:
    """Also in an included file; with OpenSSH, some of them refuse the file and others protect the login."""
    (tmp_path / "included").write_text(f"\n{line}\n", encoding="utf-8")
    found = warnings(tmp_path, f"# one\n{line}\nInclude {tmp_path}/included\n")
    assert [
        f"{tmp_path}/{place}: " in message
        for place, message in zip(("stated line 2", "included line 2"), found, strict=True)
    ]
    assert ([named in message for message in found], len(found)) == ([True, True], 2)


@pytest.mark.parametrize(
    "text",
    [
        "# Prot 22\n\n  \t\n",
        "IgnoreUnknown Prot*,UseKeychain\nProt 22\nProtocolX 1\n",
        'Host "m" *\n\tport = 2222\n  StrictHostKeyChecking yes\nForwardX11 no\nWarnWeakCrypto no\n',
        "RevokedHostKeys none\nCanonicalizeHostname no\n",
    ],
)
def test_what_openssh_knows_or_is_told_to_ignore_is_no_warning(tmp_path: Path, text: str) -> None:
    assert warnings(tmp_path, text) == []


def test_a_file_that_is_no_configuration_has_few_warnings(tmp_path: Path) -> None:
    assert 0 < len(warnings(tmp_path, "nonsense here\n" * 1000)) <= 10


@pytest.mark.parametrize(
    "option", ["PubkeyAuthentication no", "PreferredAuthentications password", "RequestTTY force", "ForwardAgent yes"]
)
async def test_what_is_meant_for_people_changes_no_login_and_no_request(keys: Keys, option: str) -> None:
    """The server grants no terminal: a request for one would end the channel."""
    config = keys.directory / "config"
    config.write_text(f"{option}\n", encoding="utf-8")
    async with ssh_server(keys) as server:
        assert await outcome(keys.settings(openssh_config=config), server.host) == ANSWER


@pytest.mark.parametrize("form", ["ssh://{}", "ssh://{}/", "ssh://a@example.com@{}", "a@example.com@{}"])
async def test_a_jump_host_may_be_written_as_openssh_writes_it(keys: Keys, form: str) -> None:
    async with ssh_server(keys) as jump, ssh_server(keys) as server:
        config = keys.directory / "config"
        config.write_text(f"Host rep1\n  HostName 127.0.0.1\n  ProxyJump {form.format(f'127.0.0.1:{jump.port}')}\n")
        assert await outcome(keys.settings(openssh_config=config), Host("rep1", "rep1", server.port)) == ANSWER
        assert jump.logins == 1
