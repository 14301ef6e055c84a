"""Local files and algorithms as `config check`, the start and a reload see them: parsed by the code that uses them."""

import errno
import os
from pathlib import Path

import asyncssh
import pytest

from boks_exporter.app.checked_config import examine_all
from boks_exporter.errors import ConfigError

KEY = asyncssh.generate_private_key("ssh-ed25519")
AUTHORITY, OF_RARE_TYPE = KEY, asyncssh.generate_private_key("ssh-ed448")
ENCRYPTED = KEY.export_private_key("openssh", passphrase="right", rounds=50)
TOO_LONG = "a" * 300
"""A name of which the system says something else than that it does not exist, as of one in a closed directory."""
ENCRYPTED_IN_LATIN_1 = KEY.export_private_key("pkcs8-pem", passphrase=b"w\xf6rter")


def write(directory: Path, transport: str = "", more: str = "") -> Path:
    """Write a configuration whose files are all usable; `transport` adds keys or replaces files."""
    for name, content in {
        "id": KEY.export_private_key("openssh"),
        "id.pub": KEY.export_public_key("openssh"),
        "encrypted": ENCRYPTED,
        "ed448": OF_RARE_TYPE.export_private_key("openssh"),
        "of_hosts": AUTHORITY.generate_host_certificate(KEY, "m").export_certificate(),
        "expired": AUTHORITY.generate_user_certificate(KEY, "m", valid_before=1).export_certificate(),
        "of_another_key": AUTHORITY.generate_user_certificate(OF_RARE_TYPE, "m").export_certificate(),
        "usable": AUTHORITY.generate_user_certificate(KEY, "m").export_certificate(),
        "no_kex": b"# comment\nKexAlgorithms -*\n",
        "garbage": b"no key\n",
        "passphrase": b"wrong\n",
        "known_hosts": b"m " + KEY.export_public_key("openssh"),
        "empty": b"",
        "bad_lines": b"=\nm " + KEY.export_public_key("openssh") + b"a-bare-name\n",
        "bad_port": b"Host *\n  Port abc\n",
        "bad_cipher": b"# comment\nHost *\n  Ciphers nonsense\n",
        "putty.ppk": b"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n",
        "ssh2": b"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: x\n",
        "jumps_in_a_loop": b"Host m\n  ProxyJump a\nHost a\n  ProxyJump b\nHost b\n  ProxyJump a\n",
        "jumps_to_itself": b"Host *\n  ProxyJump a\n",
        "jumps_in_a_row": b"Host m\n  ProxyJump a,b\nHost a\n  ProxyJump b\nHost b\n  ProxyJump c\n",
        "names_garbage": b"Host *\n  IdentityFile %d/garbage\n",
        "names_encrypted": b"Host *\n  IdentityFile %d/encrypted\n",
        "names_nothing": b"Host *\n  IdentityFile %d/absent\n",
        "names_several": b"IdentityFile %d/absent\nIdentityFile %d/id\nUserKnownHostsFile %d/bad_lines %d/absent\n",
        "knows_nobody": b"Host *\n  UserKnownHostsFile %d/empty\n",
        "knows_a_missing_file": b"Host *\n  UserKnownHostsFile %d/absent\n",
        "knows_a_directory": b"Host *\n  UserKnownHostsFile %d\n",
        "knows_none": b"Host *\n  UserKnownHostsFile none\n",
        "runs_nothing": b"Host *\n  ProxyCommand /no/such/program %%h\n",
        "jumps_over_nonsense": b"Host m\n  ProxyJump a,gw:abc\n",
        "good_config": b"# Usable\nHost *\n  Port 2222\n  Ciphers +aes128-cbc,nonsense\n",
        "latin_1": b"w\xf6rter\n",
        "encrypted_in_latin_1": ENCRYPTED_IN_LATIN_1,
    }.items():
        (directory / name).write_bytes(content.replace(b"%d", bytes(directory)).replace(b"%%", b"%"))
        (directory / name).chmod(0o600)
    file = directory / "config.yaml"
    stated = f"identity_files: [id], known_hosts: known_hosts, {transport}".split(", ")
    keys = {part.split(":")[0]: part for part in stated if part}
    file.write_text(
        "domains:\n  - name: prod\n    transport:\n      kind: ssh\n      user: boksmon\n"
        + "".join(f"      {part.replace(';', ',')}\n" for part in keys.values())
        + f"    hosts: [{{name: m}}]\n{more}",
        encoding="utf-8",
    )
    return file


def test_jump_hosts_behind_jump_hosts_are_no_loop(tmp_path: Path) -> None:
    examine_all(write(tmp_path, "openssh_config: jumps_in_a_row"))


@pytest.mark.parametrize(
    ("transport", "place", "named"),
    [
        ("identity_files: [garbage]", "identity_files[0]", "garbage"),
        ("identity_files: [id.pub]", "identity_files[0]", "id.pub"),
        ("identity_files: [encrypted]", "identity_files[0]", "encrypted"),
        ("passphrase_file: passphrase, identity_files: [encrypted]", "identity_files[0]", "encrypted"),
        ("certificate_files: [id.pub]", "certificate_files[0]", "id.pub"),
        ("identity_files: [putty.ppk]", "identity_files[0]", "puttygen "),
        ("identity_files: [ssh2]", "identity_files[0]", "puttygen "),
        ("identity_files: [id.pub]", "identity_files[0]", "without .pub"),
        ("openssh_config: jumps_in_a_loop", "openssh_config", "leads back to it; set ProxyJump none"),
        ("openssh_config: jumps_to_itself", "openssh_config", "leads back to it; set ProxyJump none"),
        ("identity_files: [ed448]", "identity_files[0]", "signatures: [+ssh-ed448]"),
        ("algorithms: {signatures: [rsa-sha2-256]}", "identity_files[0]", "signatures: [+ssh-ed25519]"),
        ("openssh_config: no_kex", "openssh_config", "no_kex line 2: "),
        ("openssh_config: bad_port", "openssh_config", "bad_port line 2: "),
        ("openssh_config: bad_cipher", "openssh_config", "bad_cipher line 3: "),
        ("identity_files: [], openssh_config: names_garbage", "openssh_config", "garbage: "),
        ("identity_files: [], openssh_config: names_encrypted", "openssh_config", "encrypted: "),
        ("identity_files: [], openssh_config: names_nothing", "openssh_config", "absent: "),
        ("known_hosts: null, openssh_config: knows_nobody", "openssh_config", "empty: "),
        ("known_hosts: null, openssh_config: knows_a_missing_file", "openssh_config", "absent: "),
        ("known_hosts: null, openssh_config: knows_a_directory", "openssh_config", "regular file"),
        ("known_hosts: null, openssh_config: knows_none", "openssh_config", "knows_none names no known hosts"),
        ("openssh_config: runs_nothing", "openssh_config", "/no/such/program"),
        ("openssh_config: jumps_over_nonsense", "openssh_config", "jump host gw:abc: "),
        *((f"{key}: {TOO_LONG}", key, "no such file") for key in ("known_hosts", "openssh_config", "passphrase_file")),
        (f"identity_files: [{TOO_LONG}]", "identity_files[0]", f"no such file: {{}}/{TOO_LONG}"),
        (f"certificate_files: [{TOO_LONG}]", "certificate_files[0]", f"no such file: {{}}/{TOO_LONG}"),
        ("known_hosts: .", "known_hosts", "expected a regular file: "),
        ("identity_files: [.]", "identity_files[0]", "expected a regular file: "),
        ("algorithms: {kex: [+nonsense]}", "algorithms.kex", "'+nonsense'"),
        ("host_algorithms: [{hosts: [m]; macs: [nonsense]}]", "host_algorithms", "m: macs: "),
    ],
)
def test_a_file_that_makes_every_login_fail_is_a_fault(tmp_path: Path, transport: str, place: str, named: str) -> None:
    """Each fault has the line of its key, the file and, where there is one, the line in that file."""
    file = write(tmp_path, transport)
    with pytest.raises(ConfigError) as refused:
        examine_all(file)
    (problem,) = refused.value.problems
    assert problem.path == f"domains[0].transport.{place}"
    assert problem.line is not None
    assert named.replace("{}", str(tmp_path)) in problem.message


def test_a_file_in_a_closed_directory_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The common case: `config check` by another user than the exporter's. Root can always see the file."""
    file, stat = write(tmp_path), Path.stat
    monkeypatch.setattr(Path, "stat", lambda path, **how: _denied(path) if path.name == "id" else stat(path, **how))
    with pytest.raises(ConfigError, match=r"cannot be read by this user: .*/id"):
        examine_all(file)


def _denied(path: Path) -> os.stat_result:
    raise PermissionError(errno.EACCES, "Permission denied", str(path))


@pytest.mark.parametrize("name", ["of_hosts", "expired", "of_another_key"])
def test_a_certificate_that_no_host_accepts_is_a_warning(tmp_path: Path, name: str) -> None:
    """The key may be accepted without it."""
    (problem,) = examine_all(write(tmp_path, f"certificate_files: [usable; {name}]")).warnings
    assert (problem.path, name in problem.message) == ("domains[0].transport.certificate_files", True)


def test_a_key_of_a_rare_type_is_usable_where_one_host_allows_it(tmp_path: Path) -> None:
    allowed = "host_algorithms: [{hosts: [m]; signatures: [+ssh-ed448]}]"
    assert examine_all(write(tmp_path, f"identity_files: [ed448], {allowed}")).warnings == ()


def test_usable_files_are_no_fault(tmp_path: Path) -> None:
    """Names of algorithms that only OpenSSH knows are ignored, as asyncssh does."""
    assert examine_all(write(tmp_path, "openssh_config: good_config")).warnings == ()


def test_a_passphrase_may_have_any_encoding(tmp_path: Path) -> None:
    """OpenSSH's own tools take it as bytes."""
    file = write(tmp_path, "passphrase_file: latin_1, identity_files: [encrypted_in_latin_1]")
    assert examine_all(file).warnings == ()


def test_files_that_an_openssh_configuration_names_may_be_missing_where_another_exists(tmp_path: Path) -> None:
    """As with OpenSSH; the skipped lines of the existing ones are reported."""
    file = write(tmp_path, "identity_files: [], known_hosts: null, openssh_config: names_several")
    messages = [found.message for found in examine_all(file).warnings]
    assert ["bad_lines:1: " in messages[0], "bad_lines:3: " in messages[1], len(messages)] == [True, True, 2]


def test_a_line_of_known_hosts_that_is_skipped_is_a_warning(tmp_path: Path) -> None:
    """The other lines work, so nothing is refused."""
    warnings = examine_all(write(tmp_path, "known_hosts: bad_lines")).warnings
    assert [problem.path for problem in warnings] == ["domains[0].transport.known_hosts"] * 2
    assert ["bad_lines:1: " in warnings[0].message, "bad_lines:3: " in warnings[1].message] == [True, True]


@pytest.mark.parametrize(("name", "named"), [("empty", "empty: "), ("garbage", "garbage:1: ")])
def test_known_hosts_without_a_key_is_a_fault(tmp_path: Path, name: str, named: str) -> None:
    """No host could be verified, as without the file."""
    with pytest.raises(ConfigError) as raised:
        examine_all(write(tmp_path, f"known_hosts: {name}"))
    (problem,) = raised.value.problems
    assert problem.path == "domains[0].transport.known_hosts"
    assert problem.line is not None
    assert named in problem.message


def test_a_file_of_another_kind_is_reported_with_its_first_lines_and_a_count(tmp_path: Path) -> None:
    """Thousands of malformed lines are not thousands of warnings."""
    file = write(tmp_path, "known_hosts: bad_lines")
    with (tmp_path / "bad_lines").open("ab") as opened:
        opened.write(b"x\n" * 5000)
    messages = [problem.message for problem in examine_all(file).warnings]
    assert len(messages) == 11
    assert "4991 later lines" in messages[-1]


@pytest.mark.parametrize("name", ["fifo", "loop", "directory"])
def test_an_operators_key_that_is_no_file_neither_blocks_nor_refuses_the_start(tmp_path: Path, name: str) -> None:
    """The FIFO has no writer: its reader would wait forever."""
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "directory").mkdir()
    more = f"    failover: {{journal: journal, operator: {{user: boksop, identity_files: [{name}]}}}}\n"
    assert examine_all(write(tmp_path, more=more)).settings.domains[0].name == "prod"


def test_an_openssh_configuration_that_includes_itself_is_a_fault(tmp_path: Path) -> None:
    """The loop is found and named, not followed."""
    file = write(tmp_path, "openssh_config: looped")
    (tmp_path / "looped").write_text(f"Include {tmp_path}/looped\n", encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        examine_all(file)
    assert [problem.path for problem in refused.value.problems] == ["domains[0].transport.openssh_config"]


def test_an_operators_key_that_cannot_be_used_is_a_warning(tmp_path: Path) -> None:
    """The exporter runs without it; the operator should know before the night of a failover."""
    more = "    failover: {journal: journal, operator: {user: boksop, identity_files: [garbage]}}\n"
    warnings = examine_all(write(tmp_path, more=more)).warnings
    assert [problem.path for problem in warnings] == ["domains[0].failover.operator.identity_files[0]"]


def test_nothing_is_opened_where_files_are_not_checked(tmp_path: Path) -> None:
    """On another machine the files are not there."""
    file = write(tmp_path, "identity_files: [garbage]")
    (tmp_path / "garbage").unlink()
    assert examine_all(file, check_files=False).settings.domains[0].name == "prod"
