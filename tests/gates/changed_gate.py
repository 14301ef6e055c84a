"""pytest plugin: the gates' texts come from the directory that CHANGED_GATES names."""

import os
from pathlib import Path

from boks_exporter.remote import gate


class _Resources:
    @staticmethod
    def files(_: str) -> Path:
        return Path(os.environ["CHANGED_GATES"])


setattr(gate, "resources", _Resources)  # noqa: B010 - mypy knows it as a module
