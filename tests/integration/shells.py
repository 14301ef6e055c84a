"""The shells that a host may have as its `sh`."""

import shutil
from pathlib import Path
from typing import Any

import pytest

SHELLS = ("dash", "busybox", "ksh93", "mksh", "bash")


def fixture_of_shells() -> Any:
    """A fixture: for each shell a program named `sh`, by which name busybox and bash are POSIX shells."""

    @pytest.fixture(params=SHELLS)
    def shell(request: pytest.FixtureRequest, tmp_path: Path) -> str:
        program = shutil.which(request.param)
        assert program, f"{request.param} is not installed: run scripts/setup-system"
        link = tmp_path / request.param / "sh"
        link.parent.mkdir()
        link.symlink_to(program)
        return str(link)

    return shell
