"""JSON Schema of the configuration file, for editors and for the documentation."""

from functools import cache
from typing import Any

from boks_exporter.config.schema import ConfigModel
from boks_exporter.text.units import as_duration, as_size


@cache
def json_schema() -> dict[str, Any]:
    """Return the schema, with defaults as they are written in the file."""
    schema = ConfigModel.model_json_schema()
    for part in (schema, *schema["$defs"].values()):
        for described in part.get("properties", {}).values():
            _rewrite_default(described)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _rewrite_default(described: dict[str, Any]) -> None:
    """Format durations and sizes with their unit; drop defaults that only repeat those of the keys below."""
    match described.get("default"):
        case dict():
            del described["default"]
        case float() | int() as seconds if described.get("x-kind") == "duration":
            described["default"] = as_duration(seconds)
        case int() as count if described.get("x-kind") == "size":
            described["default"] = as_size(count)
