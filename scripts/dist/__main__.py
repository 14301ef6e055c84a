"""Build every package of a release into a directory: `python -m scripts.dist [DIRECTORY]`, `dist` if none is named."""

import shutil
import sys
import tempfile
import tomllib
from pathlib import Path

from scripts.dist.context import ROOT, BuildError, Release
from scripts.dist.provenance import write_checksums, write_provenance, write_sbom
from scripts.dist.python_packages import build_executable, build_offline_bundle, build_wheel_and_sdist, collect_wheels
from scripts.dist.system_packages import build_deb, build_rpm, stage


def main(output: Path) -> int:
    """Build everything; results of an earlier build in the directory are removed first."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    for file in (*output.glob("boks*"), output / "SHA256SUMS"):
        file.unlink(missing_ok=True)
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="boks-dist-") as scratch:
        release = Release(version, output.resolve(), Path(scratch))
        build_wheel_and_sdist(release)
        collect_wheels(release)
        build_offline_bundle(release)
        build_executable(release)
        staged = stage(release)
        for program, build in (("dpkg-deb", build_deb), ("rpmbuild", build_rpm)):
            if shutil.which(program) is None:
                message = f"expected the program {program}, found none; run scripts/setup-system dist"
                raise BuildError(message)
            build(release, staged)
        write_sbom(release)
        write_provenance(release)
        write_checksums(release)
    for file in sorted(output.iterdir()):
        sys.stdout.write(f"{file.stat().st_size:>12}  {file.name}\n")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "dist")))
    except BuildError as error:
        sys.exit(f"make dist: {error}")
