"""Configuration files, one at a time: good ones load, and each bad one brings exactly its message."""

from pathlib import Path

import pytest

from boks_exporter.config import load
from boks_exporter.errors import ConfigError
from tests.nonempty import nonempty

CONFIGS = Path(__file__).parents[1] / "configs"
GOOD = sorted((CONFIGS / "good").glob("*.yaml"))
BAD = sorted((CONFIGS / "bad").glob("*.yaml"))


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.stem)
def test_a_good_file_loads(file: Path) -> None:
    """A good file brings settings with at least one host in each domain."""
    settings = load(file)

    assert settings.domains
    assert all(domain.hosts for domain in nonempty(settings.domains))


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_a_bad_file_brings_exactly_its_message(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every fault is named, in the order of the file, and nothing else; the message is next to the file."""
    monkeypatch.delenv("NO_SUCH_VARIABLE", raising=False)
    with pytest.raises(ConfigError) as caught:
        load(file)

    found = str(caught.value).replace(str(file), file.name).replace(str(file.parent), "{directory}")
    assert f"{found}\n" == file.with_suffix(".txt").read_text(encoding="utf-8")


def test_every_message_has_its_file() -> None:
    """No message is left over from a file that is gone."""
    assert {file.stem for file in (CONFIGS / "bad").glob("*.txt")} == {file.stem for file in BAD}


@pytest.mark.parametrize("file", BAD, ids=lambda file: file.stem)
def test_no_message_repeats_a_secret(file: Path) -> None:
    """What was written where a secret's file is expected is never printed, nor kept in the error's cause."""
    with pytest.raises(ConfigError) as caught:
        load(file)

    for secret in ("correct-horse", "c2VjcmV0", "424242"):
        assert secret not in str(caught.value)
    assert "correct-horse" not in repr(caught.value.__cause__)


def test_without_check_files_the_files_are_left_out() -> None:
    """A file can be checked on a machine that has none of the keys."""
    settings = load(CONFIGS / "bad" / "identity-file-missing.yaml", check_files=False)

    assert settings.domains[0].name == "prod"
