"""The Debian package and the RPM: the program with its dependencies, unit, user, directories, man pages, completions."""

import gzip
import shutil
import sys
import tarfile
from pathlib import Path
from typing import Final

from scripts.dist.context import ROOT, Release, run
from scripts.dist.manuals import write_manuals

_SYSTEMD: Final = ROOT / "deploy" / "systemd"
_PACKAGING: Final = ROOT / "deploy" / "packaging"
_LIBRARY: Final = "usr/lib/boks-exporter"
_UNITS: Final = ("boks-exporter.service", "boks-exporter@.service", "boks-exporter-check.service", "boks-exporter-check.timer")
_LAUNCHER: Final = """\
#!/usr/bin/python3 -I
import sys
sys.path.insert(0, "/usr/lib/boks-exporter")
from boks_exporter.cli import main
main()
"""


def stage(release: Release) -> Path:
    """Lay out the file system that both packages install."""
    root = release.scratch / "stage"
    library = root / _LIBRARY
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "install", "--no-index", "--no-deps", "--no-compile")
    run(*pip, "--target", library, *sorted(release.wheels.glob("*.whl")), release.wheel)
    shutil.rmtree(library / "bin", ignore_errors=True)
    launcher = root / "usr/bin/boks-exporter"
    launcher.parent.mkdir(parents=True)
    launcher.write_text(_LAUNCHER, encoding="utf-8")
    launcher.chmod(0o755)
    for unit in _UNITS:
        _copy(_SYSTEMD / unit, root / "lib/systemd/system" / unit)
    _copy(_SYSTEMD / "boks-exporter.sysusers.conf", root / "usr/lib/sysusers.d/boks-exporter.conf")
    _copy(_SYSTEMD / "boks-exporter.tmpfiles.conf", root / "usr/lib/tmpfiles.d/boks-exporter.conf")
    write_manuals(release, root / "usr/share")
    for page in (root / "usr/share/man/man1").iterdir():
        page.with_name(f"{page.name}.gz").write_bytes(gzip.compress(page.read_bytes(), mtime=0))
        page.unlink()
    for name in ("README.md", "CHANGELOG.md", "LICENSE"):
        _copy(ROOT / name, root / "usr/share/doc/boks-exporter" / name)
    _copy(ROOT / "LICENSE", root / "usr/share/doc/boks-exporter/copyright")
    shutil.copytree(ROOT / "docs", root / "usr/share/doc/boks-exporter/docs")
    (root / "etc/boks-exporter").mkdir(parents=True)
    return root


def build_deb(release: Release, staged: Path) -> Path:
    """Build the Debian package with dpkg-deb."""
    architecture = run("dpkg", "--print-architecture").strip()
    root = release.scratch / "deb"
    shutil.copytree(staged, root, symlinks=True)
    control = root / "DEBIAN"
    control.mkdir()
    minor = sys.version_info.minor
    size = sum(file.stat().st_size for file in root.rglob("*") if file.is_file()) // 1024
    words = {"@version@": release.version, "@architecture@": architecture, "@size@": str(size)}
    words |= {"@python@": f"3.{minor}", "@next_python@": f"3.{minor + 1}"}
    text = (_PACKAGING / "debian-control").read_text(encoding="utf-8")
    for word, value in words.items():
        text = text.replace(word, value)
    (control / "control").write_text(text, encoding="utf-8")
    for script in ("postinst", "prerm", "postrm"):
        _copy(_PACKAGING / f"debian-{script}", control / script)
        (control / script).chmod(0o755)
    package = release.output / f"boks-exporter_{release.version}-1_{architecture}.deb"
    run("dpkg-deb", "--root-owner-group", "-Zxz", "--build", root, package, epoch=release.epoch)
    return package


def build_rpm(release: Release, staged: Path) -> Path:
    """Build the RPM from its spec with rpmbuild."""
    top = release.scratch / "rpm"
    (top / "SOURCES").mkdir(parents=True)
    with tarfile.open(top / "SOURCES" / "stage.tar", "w") as archive:
        archive.add(staged, "stage")
    defines = {"_topdir": top, "boks_version": release.version, "_buildhost": "reproducible"}
    defines |= {"python_minor": str(sys.version_info.minor), "next_python_minor": str(sys.version_info.minor + 1)}
    options = [word for name, value in defines.items() for word in ("--define", f"{name} {value}")]
    run("rpmbuild", "-bb", *options, _PACKAGING / "boks-exporter.spec", epoch=release.epoch)
    (built,) = (top / "RPMS").rglob("*.rpm")
    return Path(shutil.copy(built, release.output / built.name))


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)
    target.chmod(0o644)
