"""Fill docs/packages.md with the locked dependencies and their licences; a test compares."""

import re
from collections.abc import Iterator
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from typing import Final

from scripts.generated_blocks import ROOT, filled_page, write

PAGE: Final = ROOT / "docs" / "packages.md"
LOCK: Final = ROOT / "requirements" / "runtime.txt"
_LOCKED: Final = re.compile(r"^([\w.-]+)==([^\s;\\]+)(?: *; *(?P<marker>[^\\]+))?", re.MULTILINE)
_CLASSIFIER: Final = "License :: OSI Approved :: "


def page() -> str:
    """Return the page with its table."""
    return filled_page(PAGE, {"licences": _rows()})


def _rows() -> Iterator[str]:
    yield "| package | version | licence |"
    yield "|---|---|---|"
    for found in _LOCKED.finditer(LOCK.read_text(encoding="utf-8")):
        try:
            stated = licence(metadata(found[1]))
        except PackageNotFoundError:
            if found["marker"]:
                continue  # for another platform
            raise
        yield f"| {found[1]} | {found[2]} | {stated} |"


def licence(stated: PackageMetadata) -> str:
    """Return a package's licence as it states it: the SPDX expression, else the classifiers, else the free text."""
    classifiers = [
        line.removeprefix(_CLASSIFIER) for line in stated.get_all("Classifier") or () if line.startswith(_CLASSIFIER)
    ]
    free = (stated.get("License") or "").strip().split("\n", 1)[0]
    found = stated.get("License-Expression") or free or " or ".join(classifiers)
    if not found:
        message = f"{stated['Name']} {stated['Version']}: expected a licence in its metadata, found none"
        raise ValueError(message)
    return str(found)


if __name__ == "__main__":
    write(PAGE, page())
