"""Fixtures that many unit tests share."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.ssh_servers import Keys


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Keys":
    """Keys in an otherwise empty home directory."""
    from tests.unit.ssh_servers import Keys

    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home" / ".ssh").mkdir(parents=True)
    return Keys.make(tmp_path)
