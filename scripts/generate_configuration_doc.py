"""Write docs/configuration.md from the configuration's own schema; a test compares."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parent.parent
PAGE: Final = ROOT / "docs" / "configuration.md"
sys.path.insert(0, str(ROOT))

from boks_exporter.config import json_schema  # noqa: E402 - found by the path that is set above
from boks_exporter.errors import FailureReason  # noqa: E402 - as above

INTRODUCTION: Final = """\
# Configuration

<!-- Written by scripts/generate_configuration_doc.py from boks_exporter/config/schema.py; change it there. -->

One YAML file, `/etc/boks-exporter/config.yaml` unless `--config.file` or `BOKS_EXPORTER_CONFIG_FILE` says otherwise.
The smallest one has four lines:

```yaml
{smallest}```

It connects as `boksmon` to `master1`, with the usual keys of the exporter's own user, verifies the host key by that
user's `known_hosts`, and expects the gate as the key's forced command (`boks-exporter gate install` prints how to set
that up). Add `discover: true` to watch every replica that the master lists.
[`examples/boks-exporter.yaml`](examples/boks-exporter.yaml) shows every key with its default.

## Check it

    boks-exporter config check /etc/boks-exporter/config.yaml

names all faults at once, each with file, line, place and what was expected, and exits 0 if there are none, 1 if there
are. Without a fault it warns of settings that are legal and work badly together: a round that cannot end in time, ages
shorter than two rounds, host keys that are not verified, an operator with the exporter's own key, a state file that
cannot be written. `serve` logs the same as `config_advice`; `--strict` makes each a fault.

`--syntax-only` leaves out the files that the configuration names, for a check on another machine. SIGHUP, or
`POST /-/reload` where `--web.enable-lifecycle` allows it, reads the file again; with a fault in it the old
configuration stays in force, and `boks_exporter_config_last_reload_successful` becomes 0.
`boks-exporter config schema` prints the JSON Schema, for editors that complete and check while you type.

## Rules of the file

* **Strict.** Unknown and duplicate keys are errors. A number in quotes is a text, `yes` is no boolean.
* **Durations** have a unit: `500ms`, `30s`, `5m`, `1h30m`, `7d`; at most `365d`. **Sizes** too: `512KiB`, `4MiB`.
* **Relative paths** start from the directory of the file. `~` and environment variables are followed, such as
  `$CREDENTIALS_DIRECTORY`, which systemd sets for the service.
* **Secrets** stand in files of their own, never in this one. A private key or passphrase that others may read is an
  error. No value of a key that takes such a file is ever printed when it is no file.
* **Anchors, aliases and `<<`** are followed, one level deep. A file may have 16 MiB.
* **The master is not configured.** Every host is asked for its role; the same file serves before and after a failover.
"""

SECTIONS: Final = (
    ("The whole file", ""),
    ("poll", "PollModel"),
    ("metrics", "MetricsModel"),
    ("domains[]", "DomainModel"),
    ("domains[].hosts[]", "HostModel"),
    ("domains[].transport, kind: ssh", "SshModel"),
    ("domains[].transport.paths", "PathsModel"),
    ("domains[].transport, kind: local", "LocalModel"),
    ("domains[].transport, kind: replay", "ReplayModel"),
    ("domains[].thresholds", "ThresholdsModel"),
    ("domains[].failover", "FailoverModel"),
    ("domains[].failover.operator", "OperatorModel"),
    ("domains[].failover.hooks", "HooksModel"),
)

REPLAY: Final = """
A recorded domain is examined like a living one. The directory has one directory for each host, named as in `hosts` or
as the master lists it, and in it plain files with what the commands printed:

| file | holds |
|---|---|
| `role.txt` | lines of `$BOKS_etc/ENV`; `BOKSINIT=master`, `server` (a replica) or `client` is what counts |
| `list.txt` | `boksdiag list`, on the master |
| `sequence.txt` | `boksdiag sequence` |
| `sequence.after.txt` | the master's second reading, behind those of the replicas; without it the first serves twice |
| `memory.txt`, `errlog.txt`, `queue.txt`, `checksums.txt` | the further sections of the gate's reply, where recorded |
| `error.txt` | instead of all that: one word, the reason why the host could not be reached |

Reasons: {reasons}.
"""


def page() -> str:
    """Write the whole page."""
    smallest = (ROOT / "docs" / "examples" / "smallest.yaml").read_text(encoding="utf-8")
    return "\n".join([INTRODUCTION.replace("{smallest}", smallest), *_sections()])


def _sections() -> Iterator[str]:
    schema = json_schema()
    for title, name in SECTIONS:
        model = schema["$defs"][name] if name else schema
        yield f"## {title}\n"
        yield f"{model['description']}\n"
        yield "| key | value | default | meaning |"
        yield "|---|---|---|---|"
        for key, described in model["properties"].items():
            needed = key in model.get("required", ())
            default = "**required**" if needed else _default(described)
            yield f"| `{key}` | {_value(schema, described)} | {default} | {_meaning(described)} |"
        yield REPLAY.replace("{reasons}", _words(list(FailureReason))) if name == "ReplayModel" else ""


def _meaning(described: dict[str, Any]) -> str:
    return str(described["description"]).replace("|", "\\|")


def _value(schema: dict[str, Any], described: dict[str, Any]) -> str:
    """Name the kind of a value in the words of a person."""
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
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
