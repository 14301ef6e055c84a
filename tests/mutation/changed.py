"""A pytest plugin: import one module of the package with a change, in this process only."""

import importlib.abc
import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

import pytest

from tests.mutation.operators import Change

_ORDER = json.loads(Path(os.environ["MUTATION_CHANGE"]).read_text(encoding="utf-8"))
_CHANGE = Change(**_ORDER["change"])


class _Loader(SourceFileLoader):
    """Compile the changed text instead of the file."""

    def get_code(self, fullname: str) -> CodeType | None:
        return compile(_CHANGE.apply(Path(self.path).read_bytes()), self.path, "exec")


class _Finder(importlib.abc.MetaPathFinder):
    """Find the one module."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        file = Path(_CHANGE.path).absolute()
        own = _CHANGE.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        if name != own:
            return None
        places = [str(file.parent)] if file.name == "__init__.py" else None
        return importlib.util.spec_from_file_location(
            name, file, loader=_Loader(name, str(file)), submodule_search_locations=places
        )


sys.meta_path.insert(0, _Finder())


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note which test failed."""
    if report.failed:
        Path(_ORDER["note"]).write_text(report.nodeid, encoding="utf-8")
