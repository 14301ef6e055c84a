"""Whatever stands in the file, it loads or its faults are named; nothing else happens."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from boks_exporter.config import json_schema, load_text
from boks_exporter.errors import ConfigError
from tests.nonempty import nonempty
from tests.unit.hypothesis_budget import tried

EXAMPLE = (Path(__file__).parents[2] / "docs" / "examples" / "boks-exporter.yaml").read_text(encoding="utf-8")
LINES = EXAMPLE.splitlines()


def _keys(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from part.get("properties", {})
        for below in part.values():
            yield from _keys(below)


KEYS = st.sampled_from(sorted(set(_keys(json_schema()))))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
    | st.sampled_from(["ssh", "local", "replay", "30s", "4MiB", "~x/y", "/", "{name}", "::1"]),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=5),
    max_leaves=12,
)


def load_or_name_the_faults(text: str) -> None:
    """Load; of anything but settings or a ConfigError with messages the test fails."""
    try:
        settings = load_text(text, "config.yaml", Path("/nonexistent"))
    except ConfigError as error:
        faults = error.problems
    else:
        assert settings.domains
        return
    assert all(fault.message for fault in nonempty(faults))


@given(st.text())
def test_any_text(text: str) -> None:
    """Text that is no YAML, or YAML that is no configuration."""
    load_or_name_the_faults(text)


@given(st.dictionaries(KEYS, VALUES, max_size=4), st.dictionaries(KEYS, VALUES), st.dictionaries(KEYS, VALUES))
@tried(30)
def test_any_values_under_known_keys(top: dict[str, Any], domain: dict[str, Any], transport: dict[str, Any]) -> None:
    """Known keys with values of every kind, in the right place and in wrong ones; JSON is YAML."""
    whole = {"domains": [{"name": "prod", "hosts": [{"name": "a"}], "transport": transport} | domain]} | top

    load_or_name_the_faults(json.dumps(whole))


@given(st.lists(st.integers(min_value=0, max_value=len(LINES) - 1), max_size=5), st.integers(min_value=0, max_value=9))
@tried(15)
def test_any_lines_missing_or_indented(places: list[int], indent: int) -> None:
    """The example with lines lost or moved, as an editor's slip makes it."""
    kept = [line for number, line in enumerate(LINES) if number not in places]
    moved = [" " * indent + line if number in places else line for number, line in enumerate(LINES)]

    load_or_name_the_faults("\n".join(kept))
    load_or_name_the_faults("\n".join(moved))
