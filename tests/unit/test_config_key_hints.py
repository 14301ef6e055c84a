"""Unknown keys: every key of the file in every mapping in which it is not valid."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from boks_exporter.config import load_text
from boks_exporter.config.pydantic_messages import hint_for
from boks_exporter.config.schema import ConfigModel
from boks_exporter.config.strict_yaml import Path_, parse_strict
from boks_exporter.errors import ConfigError
from tests.nonempty import nonempty

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "boks-exporter.yaml"
WHOLE: dict[str, Any] = parse_strict(EXAMPLE.read_text(encoding="utf-8"), "example").data


def mappings(node: Any, path: Path_ = ()) -> Iterator[Path_]:
    """List the paths of all mappings of the example, which has every key."""
    if isinstance(node, dict):
        yield path
        for key, below in node.items():
            yield from mappings(below, (*path, key))
    elif isinstance(node, list):
        for index, below in enumerate(node[:1]):
            yield from mappings(below, (*path, index))


def at(path: Path_, document: Any) -> Any:
    for part in path:
        document = document[part]
    return document


def shape(path: Path_) -> str:
    return "".join("[]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


PATHS = list(mappings(WHOLE))
PLACES = {key: [shape(path) for path in PATHS if key in at(path, WHOLE)] for path in PATHS for key in at(path, WHOLE)}
FOREIGN = {path: [key for key in PLACES if key not in at(path, WHOLE)] for path in PATHS}


def refusals(keys: list[str], path: Path_) -> dict[str, str]:
    """Load the example with more keys in the mapping at `path`; returns the message about each key that has one."""
    document = json.loads(json.dumps(WHOLE))
    at(path, document).update(dict.fromkeys(keys, "x"))
    with pytest.raises(ConfigError) as caught:
        load_text(json.dumps(document), "config.yaml", EXAMPLE.parent)
    where = shape(path).replace("[]", "[0]")
    messages = {problem.path: problem.message for problem in caught.value.problems}
    return {key: messages[wanted] for key in keys if (wanted := f"{where}.{key}".removeprefix(".")) in messages}


@pytest.mark.parametrize("path", PATHS, ids=[shape(path) or "top" for path in PATHS])
def test_a_misplaced_key_is_reported_with_its_place(path: Path_) -> None:
    """The message names the mappings that may contain the key, unless another kind of transport has it there."""
    messages = refusals(FOREIGN[path], path)

    assert list(messages) == nonempty(FOREIGN[path])
    for key, message in messages.items():
        assert message.startswith("unknown key"), key
        if not message.endswith("for this kind of transport"):
            for place in PLACES[key]:
                assert (f"under {place}" if place else "at the top level") in message, key


@pytest.mark.parametrize(
    ("key", "path", "hint"),
    [
        ("intervall", ("poll",), '; did you mean "interval"?'),
        ("treshold", (), '; did you mean "thresholds", which belongs under domains[]?'),
        ("xyzzy", ("poll",), "; expected closer_polls, concurrency, interval, rare_interval, timeout"),
        ("directory", ("domains", 0, "transport"), " for this kind of transport"),
        ("xyzzy", ("nowhere",), ""),
    ],
)
def test_a_misspelt_key_is_reported_with_a_similar_one(key: str, path: Path_, hint: str) -> None:
    """A similar key of the same mapping wins over one of another; without either the valid keys are listed."""
    assert hint_for(key, path, ConfigModel) == hint
