"""From the file to settings: paths, limits, and files that are odd as a whole."""

from pathlib import Path

import pytest

from boks_exporter.config import Settings, load, load_text
from boks_exporter.errors import ConfigError
from boks_exporter.remote.settings import LocalSettings, ReplaySettings, SshSettings

SMALLEST = """\
domains:
  - name: prod
    transport: {kind: ssh, user: boksmon}
    hosts: [{name: master1}]
"""


def problems(text: str, directory: Path = Path("/nonexistent")) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_text(text, "config.yaml", directory)
    return [str(problem) for problem in caught.value.problems]


def ssh(line: str, directory: Path) -> SshSettings:
    settings = load_text(SMALLEST.replace("user: boksmon", f"user: boksmon, {line}"), "config.yaml", directory)
    transport = settings.domains[0].transport
    assert isinstance(transport, SshSettings)
    return transport


def test_four_lines_are_enough() -> None:
    """The smallest configuration connects to one host with the usual keys, and verifies its host key."""
    settings = load_text(SMALLEST, "config.yaml", Path())

    assert len(SMALLEST.splitlines()) == 4
    domain = settings.domains[0]
    assert (domain.name, domain.hosts[0].address, domain.hosts[0].port) == ("prod", "master1", 22)
    assert domain.transport == SshSettings(user="boksmon")
    assert settings == Settings(domains=(domain,))


def test_relative_paths_start_from_the_files_directory(tmp_path: Path) -> None:
    """Wherever the program runs, a path in the file means the same file."""
    (tmp_path / "known_hosts").touch()

    assert ssh("known_hosts: known_hosts", tmp_path).known_hosts == tmp_path / "known_hosts"


def test_variables_and_home_are_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Systemd names its credentials by a variable, people their home by a tilde."""
    key = tmp_path / "id_ed25519"
    key.touch(mode=0o400)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))

    found = ssh("identity_files: [$CREDENTIALS_DIRECTORY/id_ed25519, ~/id_ed25519]", Path("/nonexistent"))

    assert found.identity_files == (key, key)


def test_a_key_that_others_may_read_is_a_fault(tmp_path: Path) -> None:
    """A private key open to others is refused before it is used; its group may read it, as systemd has it."""
    key = tmp_path / "id_ed25519"
    key.touch()
    text = SMALLEST.replace("user: boksmon", "user: boksmon, identity_files: [id_ed25519]")
    key.chmod(0o440)
    assert load_text(text, "config.yaml", tmp_path)

    key.chmod(0o444)

    assert problems(text, tmp_path) == [
        (
            f"config.yaml:3: domains[0].transport.identity_files[0]: is accessible to other users: {key}; "
            "run chmod 600 on it"
        )
    ]


def test_a_passphrase_that_others_may_read_is_a_fault(tmp_path: Path) -> None:
    """The passphrase is as secret as the key."""
    file = tmp_path / "passphrase"
    file.touch()
    file.chmod(0o644)
    text = SMALLEST.replace("user: boksmon", "user: boksmon, passphrase_file: passphrase")

    assert problems(text, tmp_path) == [
        (
            f"config.yaml:3: domains[0].transport.passphrase_file: is accessible to other users: {file}; "
            "run chmod 600 on it"
        )
    ]


def test_the_replay_directory_is_next_to_the_file(tmp_path: Path) -> None:
    """A recording and its configuration can be handed on together."""
    (tmp_path / "recorded").mkdir()
    (tmp_path / "config.yaml").write_text(
        SMALLEST.replace("{kind: ssh, user: boksmon}", "{kind: replay, directory: recorded}"), encoding="utf-8"
    )

    assert load(tmp_path / "config.yaml").domains[0].transport == ReplaySettings(directory=tmp_path / "recorded")


def test_local_takes_one_host() -> None:
    """The domain of a machine that looks at itself is that machine."""
    settings = load_text(SMALLEST.replace("{kind: ssh, user: boksmon}", "{kind: local}"), "config.yaml", Path())

    assert settings.domains[0].transport == LocalSettings()


def test_the_address_template_fills_in_the_name() -> None:
    """A host without an address is found by its name in the template; one with an address keeps it."""
    text = SMALLEST.replace(
        "hosts: [{name: master1}]",
        'address_template: "{name}.example.net"\n    hosts: [{name: a}, {name: b, address: 192.0.2.1}]',
    )

    hosts = load_text(text, "config.yaml", Path()).domains[0].hosts

    assert [host.address for host in hosts] == ["a.example.net", "192.0.2.1"]


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The message has the path, the system's reason, and what to do: even the text of a file that would do."""
    with pytest.raises(ConfigError) as caught:
        load(tmp_path / "config.yaml")

    said, _, smallest = str(caught.value).partition(" is: ")
    assert said == (
        f"{tmp_path}/config.yaml: cannot be read: No such file or directory; "
        "name another file with --config.file, or create it; the smallest one"
    )
    assert load_text(smallest, "config.yaml", tmp_path) == load_text(SMALLEST, "config.yaml", tmp_path)


def test_a_directory_is_no_file(tmp_path: Path) -> None:
    """A directory in the file's place is told as such."""
    with pytest.raises(ConfigError, match="cannot be read: expected a regular file"):
        load(tmp_path)


def test_an_endless_file_is_refused(tmp_path: Path) -> None:
    """A device or a log file in the configuration's place costs a bounded amount of memory and time."""
    with pytest.raises(ConfigError, match="expected a regular file"):
        load(Path("/dev/zero"))
    large = tmp_path / "log"
    with large.open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(ConfigError) as caught:
        load(large)
    assert str(caught.value) == f"{large}: is larger than 16 MiB; expected a configuration file"


def test_aliases_that_multiply_are_refused() -> None:
    """A few lines that unfold into billions of values are a fault, not an outage."""
    levels = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9))

    found = problems(f"a0: &a0 [x, x, x, x, x, x, x, x, x]\n{levels}{SMALLEST}")

    assert any("more than 200000 values; aliases of aliases?" in problem for problem in found)


@pytest.mark.parametrize("depth", [60, 400, 600])
def test_deep_nesting_is_refused(depth: int) -> None:
    """Hundreds of brackets are a fault, not a crash, whichever part of the reading meets the limit."""
    found = problems("domains: " + "[" * depth + "]" * depth)

    assert any(problem.endswith("nested too deeply") for problem in found)


def test_numbers_beyond_all_bounds_are_refused() -> None:
    """A number of thousands of digits is a fault like any other."""
    huge = "9" * 6000

    assert problems(f"poll: {{concurrency: {huge}}}\n{SMALLEST}") == [
        f"config.yaml:1: poll.concurrency: expected a plain number, or a text in quotes, found '{huge[:60]}'…"
    ]


def test_an_odd_key_is_quoted_in_its_path() -> None:
    """A key with dots or blanks cannot be taken for a path of several keys."""
    assert problems(SMALLEST.replace("name: prod", "name: prod\n    a.b c: 1")) == [
        (
            "config.yaml:3: domains[0]['a.b c']: unknown key; "
            "expected address_template, discover, discovered_age, discovered_limit, failover, hosts, name, "
            "thresholds, transport"
        )
    ]


def test_an_alias_may_be_in_several_places_of_a_mapping_that_merges() -> None:
    """The mapping's own key wins over a merged one, and the first merged mapping over the second."""
    text = """\
domains:
  - name: one
    transport: &one {kind: ssh, user: first, keepalive_count: 1}
    hosts: [{name: a}]
  - name: two
    transport: &two {kind: ssh, user: second, keepalive_count: 2, agent: true}
    hosts: [{name: b}]
  - name: three
    transport: {<<: [*one, *two], user: own}
    hosts: [{name: c}]
"""
    transport = load_text(text, "config.yaml", Path()).domains[2].transport

    assert transport == SshSettings(user="own", keepalive_count=1, agent=True)


def test_hundreds_of_hosts_are_no_burden() -> None:
    """The limits leave room for the largest domain that anybody runs."""
    hosts = "".join(f"      - {{name: h{n}, site: s{n % 7}}}\n" for n in range(500))

    settings = load_text(SMALLEST.replace(" [{name: master1}]\n", f"\n{hosts}"), "config.yaml", Path())

    assert len(settings.domains[0].hosts) == 500
