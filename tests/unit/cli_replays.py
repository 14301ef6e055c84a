"""Recorded domains for tests of the command line, written into a directory with their configuration."""

from collections.abc import Mapping
from pathlib import Path

PUBLISHED_LIST = """\
SERVER SINCE LAST SINCE LAST SINCE LAST COUNT LAST
REPHOST5 00:49 523D 5:19:20 04:49 1853521 OK
REPHOST4 00:49 136D 22:21:35 04:49 526392 OK
REPHOST3 00:49 04:50 726768 OK
REPHOST2 00:49 107D 5:05:33 04:49 425231 OK
REPHOST 02:59 02:13 11:44 148342 DOWN
"""
PUBLISHED_SEQUENCE = """\
...
T7 13678d 8:33:46 5053 (5053)
...
T9 13178d 11:05:23 7919 (7919)
...
T15 13178d 11:03:16 1865 (1865)
...
"""
REPLICAS = ("REPHOST5", "REPHOST4", "REPHOST3", "REPHOST2", "REPHOST")

Recording = Mapping[str, Mapping[str, str]]


def published() -> dict[str, dict[str, str]]:
    """The two published outputs: the master's list, and its sequence, which healthy replicas print too."""
    replica = {"role": "BOKSINIT=server", "sequence": PUBLISHED_SEQUENCE}
    master = {"role": "BOKSINIT=master", "list": PUBLISHED_LIST, "sequence": PUBLISHED_SEQUENCE}
    return {"MASTER": master} | {name: dict(replica) for name in REPLICAS}


def healthy() -> dict[str, dict[str, str]]:
    """The same domain with nothing wrong."""
    recording = published()
    recording["MASTER"]["list"] = PUBLISHED_LIST.replace("02:59 02:13 11:44 148342 DOWN", "00:49 04:49 148342 OK")
    return recording


def with_sequence(text: str, table: str, number: int) -> str:
    """Change one table's number."""
    lines = [line for line in text.splitlines() if not line.startswith(f"{table} ")]
    old = next(line for line in text.splitlines() if line.startswith(f"{table} "))
    return "\n".join([*lines, f"{' '.join(old.split()[:3])} {number} ({number})"]) + "\n"


def write(directory: Path, recording: Recording, *, domain: str = "prod", more: str = "") -> Path:
    """Write a recording and its configuration; returns the configuration's path."""
    for host, files in recording.items():
        (directory / domain / host).mkdir(parents=True)
        for name, text in files.items():
            (directory / domain / host / f"{name}.txt").write_text(text, encoding="utf-8")
    hosts = "".join(f"      - name: {host}\n        site: {_site(host)}\n" for host in recording)
    config = directory / f"{domain}.yaml"
    config.write_text(
        f"domains:\n  - name: {domain}\n"
        f"    transport: {{kind: replay, directory: {domain}}}\n    hosts:\n{hosts}{more}",
        encoding="utf-8",
    )
    return config


def _site(host: str) -> str:
    return "Utrecht" if host in {"REPHOST", "REPHOST2"} else "Amsterdam"
