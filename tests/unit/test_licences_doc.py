"""docs/packages.md lists every locked dependency with its licence."""

from email.message import Message
from importlib.metadata import PackageMetadata
from typing import cast

import pytest

from scripts import generate_licences_doc


def test_the_page_is_current() -> None:
    """`make docs` regenerates it."""
    assert generate_licences_doc.PAGE.read_text(encoding="utf-8") == generate_licences_doc.page()


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"License-Expression": "MIT", "License": "see LICENSE"}, "MIT"),
        ({"License": "Apache 2.0\n\nLong text"}, "Apache 2.0"),
        ({"Classifier": "License :: OSI Approved :: MIT License"}, "MIT License"),
    ],
    ids=["expression", "free text", "classifier"],
)
def test_a_licence_is_taken_from_where_the_package_states_it(headers: dict[str, str], expected: str) -> None:
    """Packages state it in three ways."""
    assert generate_licences_doc.licence(_metadata(headers)) == expected


def test_a_package_without_a_licence_is_an_error_that_names_it() -> None:
    """Such a package must not be locked unnoticed."""
    with pytest.raises(ValueError, match=r"thing 1\.0"):
        generate_licences_doc.licence(_metadata({"Name": "thing", "Version": "1.0"}))


def _metadata(headers: dict[str, str]) -> PackageMetadata:
    message = Message()
    for name, value in headers.items():
        message[name] = value
    return cast("PackageMetadata", message)
