"""The web configuration file: what is accepted, and what is refused with its line."""

from pathlib import Path

import pytest

from boks_exporter.errors import ConfigError
from boks_exporter.web import load_web_config
from boks_exporter.web.security.tls import CIPHERS, CURVES
from tests.unit import web_config_good as good
from tests.unit.web_config_bad import BAD
from tests.unit.web_config_files import TLS, Case, write_files
from tests.unit.web_config_good import GOOD


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("web")
    write_files(directory)
    return directory


@pytest.mark.parametrize("case", GOOD, ids=lambda case: case.name)
def test_a_good_file_is_taken(files: Path, case: Case, tmp_path: Path) -> None:
    """What exporter-toolkit documents can be used here, and TLS is on where files are named."""
    config = load_web_config(written(files, case.text, tmp_path))
    assert (config.tls is not None) is case.text.startswith(TLS)


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.name)
def test_a_bad_file_is_refused_with_its_line_and_path(files: Path, case: Case, tmp_path: Path) -> None:
    """The message tells where it is, what was expected and what was found, and never repeats a secret."""
    file = written(files, case.text, tmp_path)
    with pytest.raises(ConfigError) as caught:
        load_web_config(file)
    first = str(caught.value.problems[0]).replace(f"{file}:", "", 1).replace(str(tmp_path), "DIR")
    expected, dots, _ = (case.message or "").partition(" ...")
    # What OpenSSL says after that is another thing in each of its versions.
    assert (first[: len(expected)] if dots else first) == expected


def written(files: Path, text: str, directory: Path) -> Path:
    for file in files.iterdir():
        (directory / file.name).symlink_to(file)
    (directory / "web.yml").write_text(text, encoding="utf-8")
    return directory / "web.yml"


def test_all_faults_are_reported_in_one_message(tmp_path: Path) -> None:
    """All faults of a file are reported together."""
    file = tmp_path / "web.yml"
    file.write_text("tls_server_config: {key_file: a, min_version: x}\nbasic_auth_users: {a: b, c: d}\ne: f\n", "utf-8")
    with pytest.raises(ConfigError) as caught:
        load_web_config(file)
    assert [(problem.line, problem.path) for problem in caught.value.problems] == [
        (1, "tls_server_config.cert_file"),
        (1, "tls_server_config.min_version"),
        (2, "basic_auth_users.a"),
        (2, "basic_auth_users.c"),
        (3, "e"),
    ]


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """The daemon does not start open because its lock is missing."""
    with pytest.raises(ConfigError, match=r"no\.yml: cannot be read: No such file or directory"):
        load_web_config(tmp_path / "no.yml")


def test_the_names_are_gos() -> None:
    """Every name that Go's exporters take is known."""
    assert tuple(CIPHERS) == good.GO_CIPHERS
    assert tuple(CURVES) == good.CURVES


def test_the_table_is_documented() -> None:
    """The names that a message sends people to look for stand in docs/web.md."""
    text = (Path(__file__).parents[2] / "docs" / "web.md").read_text(encoding="utf-8")
    assert [name for name in (*CIPHERS, *CURVES) if name not in text] == []


def test_the_documented_example_works(files: Path, tmp_path: Path) -> None:
    """The file that docs/web.md shows can be copied as it is."""
    text = (Path(__file__).parents[2] / "docs" / "web.md").read_text(encoding="utf-8")
    example = text.partition("```yaml\n# /etc/boks-exporter/web.yml\n")[2].partition("```")[0]
    (tmp_path / "tls.crt").symlink_to(files / "server.pem")
    (tmp_path / "tls.key").symlink_to(files / "server.key")
    (tmp_path / "web.yml").write_text(example, encoding="utf-8")
    assert set(load_web_config(tmp_path / "web.yml").users) == {b"prometheus"}
