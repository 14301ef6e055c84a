"""The JSON Schema, the documented example and the page against the loader."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from boks_exporter.config import json_schema, load
from boks_exporter.config.strict_yaml import Path_, dotted, load_strict
from scripts.generate_configuration_doc import PAGE, page

ROOT = Path(__file__).parents[2]
CONFIGS = ROOT / "tests" / "configs"
EXAMPLE = ROOT / "docs" / "examples" / "boks-exporter.yaml"
VALIDATOR = jsonschema.Draft202012Validator(json_schema())

BEYOND_A_SCHEMA = {
    "address-template-with-blank",
    "backoff-contradicts-itself",
    "connection-age-beyond-its-limit",
    "duplicate-address",
    "same-address-in-other-letters",
    "duplicate-domain",
    "duplicate-host",
    "duration-too-long",
    "host-twice",
    "identity-file-missing",
    "ignored-line-no-expression",
    "ignored-lines-all",
    "ignored-lines-list-rows",
    "ignored-lines-rows",
    "local-with-discovery",
    "local-with-two-hosts",
    "merge-of-a-merge",
    "notify-nobody",
    "passphrase-as-file",
    "replay-directory-missing",
    "section-timeout-in-parts",
    "size-too-small",
    "timeout-longer-than-interval",
    "unknown-user-in-path",
}
"""Faults between several keys, or in files: no schema can say them."""


def test_the_schema_is_one() -> None:
    """The schema itself is valid JSON Schema."""
    jsonschema.Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("file", sorted((CONFIGS / "good").glob("*.yaml")), ids=lambda file: file.stem)
def test_the_schema_accepts_every_good_file(file: Path) -> None:
    """An editor underlines nothing in a file that loads."""
    assert list(VALIDATOR.iter_errors(load_strict(file, "").data)) == []


@pytest.mark.parametrize("file", sorted((CONFIGS / "bad").glob("*.yaml")), ids=lambda file: file.stem)
def test_the_schema_refuses_what_a_schema_can(file: Path) -> None:
    """An editor underlines every fault but those that no schema can say."""
    assert _refuses(file) == (file.stem not in BEYOND_A_SCHEMA)


def _refuses(file: Path) -> bool:
    """Read as an editor does: without a loader of ours."""
    try:
        data = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    except (YAMLError, UnicodeDecodeError, ValueError, RecursionError):
        return True
    try:
        return not VALIDATOR.is_valid(data)
    except RecursionError:
        return True


def test_the_example_loads() -> None:
    """The complete example is a configuration that works, once its files are there."""
    settings = load(EXAMPLE, check_files=False)

    assert [domain.name for domain in settings.domains] == ["prod", "here", "recorded"]


def test_the_example_has_every_key_with_its_default() -> None:
    """Each key of the schema is in the example, with the default as its value or next to it."""
    document = load_strict(EXAMPLE, "")
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    seen: set[tuple[str, str]] = set()
    for model, key, described, path, value in _described(document.data):
        line = lines[(document.line_of(path) or 0) - 1]
        if "default" in described and "$ref" not in described:
            stated = None if "# default: none" in line else value
            assert (stated or None) == (described["default"] or None), dotted(path)
        elif "$ref" not in described and (model, key) not in seen and not isinstance(value, list | dict):
            assert "required" in line or key == "kind", dotted(path)
        seen.add((model, key))

    assert seen == {(model, key) for model, properties in _models() for key in properties}


def _models() -> Iterator[tuple[str, dict[str, Any]]]:
    schema = json_schema()
    for name, model in (("", schema), *schema["$defs"].items()):
        if "properties" in model:
            yield name, model["properties"]


def _described(value: Any, model: str = "", path: Path_ = ()) -> Iterator[tuple[str, str, dict[str, Any], Path_, Any]]:
    """Walk through the example and the schema side by side; of several hosts or paths the first shows all."""
    properties = dict(_models())[model]
    for key, below in value.items():
        here = (*path, key)
        yield model, key, properties[key], here, below
        if (name := _model_of(properties[key], below)) is None:
            continue
        for index, item in enumerate(below) if isinstance(below, list) else [(None, below)]:
            is_first = index in {None, 0} or key == "domains"
            if is_first and not (model == "LocalModel" and key == "paths"):
                yield from _described(item, name, here if index is None else (*here, index))


def _model_of(described: dict[str, Any], value: Any) -> str | None:
    if "oneOf" in described:
        return f"{value['kind'].capitalize()}Model"
    described = described.get("anyOf", [described])[0]
    reference = described.get("$ref") or described.get("items", {}).get("$ref", "")
    name = str(reference).rpartition("/")[2]
    return name if name and name in dict(_models()) else None


def test_the_page_is_current() -> None:
    """docs/configuration.md is what the schema says; `make docs` fills it."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_model_has_its_section_on_the_page() -> None:
    """No part of the configuration is left undocumented."""
    documented = set(re.findall(r"<!-- generated: (\w+Model) -->", PAGE.read_text(encoding="utf-8")))

    assert documented == {name for name, _ in _models() if name}


def test_every_key_shows_what_it_means() -> None:
    """A key without a description would be a blank cell at night."""
    assert [
        (model, key) for model, keys in _models() for key, described in keys.items() if not described.get("description")
    ] == []
