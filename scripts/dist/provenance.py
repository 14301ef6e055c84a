"""What a release is made of and where it comes from: SBOM, provenance, check sums."""

import hashlib
import json
import platform
import sys
from pathlib import Path
from typing import Final

from scripts.dist.context import ROOT, Release, run, tool

_STATEMENT: Final = "https://in-toto.io/Statement/v1"
_PREDICATE: Final = "https://slsa.dev/provenance/v1"
_BUILD_TYPE: Final = "boks_exporter/make-dist/1"


def write_sbom(release: Release) -> Path:
    """Write a CycloneDX document of the locked dependencies, with hashes and, where the wheels state it, licences."""
    target = release.output / f"boks-exporter-{release.version}.cdx.json"
    options = ("--pyproject", str(ROOT / "pyproject.toml"), "--output-format", "JSON", "--output-file", str(target))
    run(tool("cyclonedx-py"), "requirements", ROOT / "requirements" / "runtime.txt", *options)
    return target


def write_provenance(release: Release) -> Path:
    """Write an in-toto statement: every file of the release with its digest, the commit and the builder."""
    files = sorted(file for file in release.output.iterdir() if file.is_file())
    locks = sorted((ROOT / "requirements").glob("*.txt"))
    commit = {"uri": "git+boks_exporter", "digest": {"gitCommit": release.revision}}
    dependencies = [commit, *({"uri": f"requirements/{lock.name}", "digest": {"sha256": _digest(lock)}} for lock in locks)]
    statement = {
        "_type": _STATEMENT,
        "subject": [{"name": file.name, "digest": {"sha256": _digest(file)}} for file in files],
        "predicateType": _PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": _BUILD_TYPE,
                "externalParameters": {"version": release.version},
                "resolvedDependencies": dependencies,
            },
            "runDetails": {
                "builder": {"id": "make dist", "version": {"python": sys.version.split()[0], "system": platform.system()}},
                "metadata": {"startedOn": None, "sourceDateEpoch": int(release.epoch)},
            },
        },
    }
    target = release.output / f"boks-exporter-{release.version}.provenance.json"
    target.write_text(json.dumps(statement, indent=2) + "\n", encoding="utf-8")
    return target


def write_checksums(release: Release) -> Path:
    """Write SHA256SUMS over every other file, as `sha256sum --check` reads it; this is the file to sign."""
    target = release.output / "SHA256SUMS"
    files = sorted(file for file in release.output.iterdir() if file.is_file() and file != target)
    target.write_text("".join(f"{_digest(file)}  {file.name}\n" for file in files), encoding="utf-8")
    return target


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
