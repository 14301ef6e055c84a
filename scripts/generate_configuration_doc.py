"""Fill docs/configuration.md from the configuration's own schema; a test compares."""

from collections.abc import Iterator
from typing import Any, Final

from boks_exporter.config import json_schema
from boks_exporter.errors import FailureReason
from scripts.generated_blocks import ROOT, filled_page, write

PAGE: Final = ROOT / "docs" / "configuration.md"


def page() -> str:
    """Return the page with the keys of every section."""
    smallest = (ROOT / "docs" / "examples" / "smallest.yaml").read_text(encoding="utf-8")
    schema = json_schema()
    models = {"file": schema, **{name: model for name, model in schema["$defs"].items() if "properties" in model}}
    sections = {name: _section(schema, model) for name, model in models.items()}
    reasons = f"Reasons: {_words(list(FailureReason))}."
    return filled_page(PAGE, {"smallest": f"```yaml\n{smallest}```", "reasons": reasons, **sections})


def _section(schema: dict[str, Any], model: dict[str, Any]) -> Iterator[str]:
    yield f"{model['description']}\n"
    yield "| key | value | default | meaning |"
    yield "|---|---|---|---|"
    for key, described in model["properties"].items():
        needed = key in model.get("required", ())
        default = "**required**" if needed else _default(described)
        yield f"| `{key}` | {_value(schema, described)} | {default} | {_meaning(described)} |"


def _meaning(described: dict[str, Any]) -> str:
    return str(described["description"]).replace("|", "\\|")


def _value(schema: dict[str, Any], described: dict[str, Any]) -> str:
    """Describe the type of a value."""
    match described:
        case {"$ref": reference}:
            target = schema["$defs"][reference.rpartition("/")[2]]
            return _words(target["enum"]) if "enum" in target else "see below"
        case {"anyOf": [one, _]}:
            return _value(schema, one)
        case {"oneOf": _} | {"items": {"$ref": _}}:
            return "see below"
        case {"items": item}:
            return f"list of {_value(schema, item)}s"
        case {"const": word}:
            return f"`{word}`"
        case {"type": "boolean"}:
            return "`true`, `false`"
        case {"type": "integer"}:
            return f"whole number {_range(described)}".strip()
    return str(described.get("x-kind", "text"))


def _range(described: dict[str, Any]) -> str:
    least, most = described.get("minimum"), described.get("maximum")
    return f"from {least}" + (f" to {most}" if most is not None else "")


def _words(words: list[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)


def _default(described: dict[str, Any]) -> str:
    match described.get("default"):
        case None | "" | []:
            return ""
        case bool() as truth:
            return f"`{str(truth).lower()}`"
        case value:
            return f"`{value}`"


if __name__ == "__main__":
    write(PAGE, page())
