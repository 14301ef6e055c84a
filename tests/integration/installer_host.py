"""A host for installers of gates, in a mount namespace with its own /etc, /opt, /var/lib and /var/opt."""

import random
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from boks_exporter.remote.gate import GateKind
from boks_exporter.remote.installation import DEFAULT_GATE_PATH, DEFAULT_OPERATOR_GATE_PATH, authorized_keys_line
from boks_exporter.remote.installer import GateInstallation, installer_text
from boks_exporter.remote.settings import Prefix, RemotePaths
from tests.integration.gate_host import AS_ROOT, as_root
from tests.unit.gate_tree import BOKSADM, ENV

KEY: Final = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINMWKJ+lJmfT2P6S0iEOvZNEP3ld0Wxmi5YUXT9SH2da monitor"
OPERATOR_KEY: Final = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB8Ht8Z3j6yDWPBHQtOp/R9rjWvfMYo3MSA/K6q8D86r operator"
SUDOERS: Final = "root ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n"

GATE: Final = "/opt/boks-gate/gate.sh"
KEYS: Final = "/var/lib/boksmon/.ssh/authorized_keys"
CONF: Final = "/opt/boks-gate/boks-gate.conf"
OLD_GATE: Final = (Path(__file__).parents[1] / "gates" / "gate-1.sh").read_text(encoding="utf-8")

_PROGRAMS: Final = ("mkdir", "chown", "chmod", "cp", "mv", "useradd", "usermod", "visudo", "sudo")
"""What an installation runs to change something or to check a rule."""

_OWN: Final = ("etc", "opt", "var/lib", "var/opt")
_RANGE: Final = {"MIN": 0, "MAX": 50}
_COPIED: Final = (
    "passwd",
    "group",
    "shadow",
    "gshadow",
    "login.defs",
    "nsswitch.conf",
    "pam.d",
    "security",
    "default",
    "alternatives",
)
_WITHIN: Final = "root=$0 && " + " && ".join(f'mount --bind "$root/{each}" "/{each}"' for each in _OWN)


def reading(**changes: str | RemotePaths | None) -> str:
    """Return the text of an installer of the reading gate."""
    return _text(GateKind.READING, "boksmon", KEY, DEFAULT_GATE_PATH, changes)


def operator(**changes: str | RemotePaths | None) -> str:
    """Return the text of an installer of the operator gate."""
    return _text(GateKind.OPERATOR, "boksop", OPERATOR_KEY, DEFAULT_OPERATOR_GATE_PATH, changes)


def _text(kind: GateKind, user: str, key: str, gate: str, changes: dict[str, str | RemotePaths | None]) -> str:
    values: dict[str, Any] = {
        "user": user,
        "from_pattern": "127.0.0.1",
        "public_key": key,
        "gate_path": gate,
        "paths": RemotePaths(prefix=Prefix.SUDO),
    }
    return installer_text(GateInstallation(kind=kind, **{**values, **changes}))


class InstallerHost:
    """The files of one host, and root's shell on it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.within = _WITHIN
        for each in (*_OWN, "etc/sudoers.d", "etc/opt/boksm", "opt/boksm/sbin", "var/opt/boksm/data/master_spool"):
            (root / each).mkdir(parents=True, exist_ok=True)
        self.write("etc/sudoers", SUDOERS)
        self.write("etc/opt/boksm/ENV", ENV.format(init="master"))
        self.write("etc/opt/boksm/method.conf", "ssh_pubkey\n")
        self.write("var/opt/boksm/boks_errlog", "")
        self.write("opt/boksm/sbin/boksadm", f"#!/bin/sh\n{BOKSADM}")
        (root / "opt/boksm/sbin/boksadm").chmod(0o755)
        for name in _COPIED:
            as_root("cp", "-a", f"/etc/{name}", str(root / "etc"))
        # userdel refuses an account whose number a process of the machine has; other tests make accounts there.
        first = random.randrange(100_000, 1_000_000)  # noqa: S311 - keeps hosts apart, guards nothing
        numbers = "".join(f"SYS_{kind}_{end} {first + by}\\n" for kind in ("UID", "GID") for end, by in _RANGE.items())
        as_root(
            "sh", "-c", f"sed -i '/^#*SYS_[UG]ID_M/d' {root}/etc/login.defs; printf '{numbers}' >>{root}/etc/login.defs"
        )
        as_root("sh", "-c", f"chown -R 0:0 {root}; chmod 755 {root}; chmod 0440 {root}/etc/sudoers")

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text, encoding="utf-8")

    def run(self, *command: str, stdin: str = "", before: str = "true") -> subprocess.CompletedProcess[str]:
        """Run a command as root on this host; `before` is shell text that is run first in its mount namespace."""
        return subprocess.run(
            [
                *AS_ROOT,
                "unshare",
                "-m",
                "sh",
                "-c",
                f'{self.within} && {before} && exec "$@"',
                str(self.root),
                *command,
            ],
            input=stdin,
            capture_output=True,
            text=True,
            start_new_session=True,
            timeout=120,
            cwd="/",
        )

    def sh(self, text: str) -> str:
        """Run shell text as root; returns its output, and insists that it worked."""
        ran = self.run("sh", "-c", text)
        assert ran.returncode == 0, ran
        return ran.stdout

    def install(
        self, text: str, *words: str, shell: str = "sh", before: str = "true"
    ) -> subprocess.CompletedProcess[str]:
        """Run an installer from its standard input, as `ssh root@host sh -s <FILE` does."""
        return self.run(shell, "-s", "--", *words, stdin=text, before=before)

    def install_version_1(self) -> None:
        """Put a gate of version 1 on the host, as its guide said, with what a site may have added since."""
        self.write("gate-1.sh", OLD_GATE)
        self.sh(
            f"useradd -r -d /var/lib/boksmon -s /bin/sh boksmon && usermod -p '*' boksmon"
            f" && mkdir -p /opt/boks-gate /var/lib/boksmon/.ssh && cp {self.root}/gate-1.sh {GATE}"
            f" && printf '# our host\nBOKSADM=/opt/boksm/sbin/boksadm\nPREFIX=sudo\n' >{CONF}"
            f" && printf 'SECTION_TIMEOUT=12\nOPERATOR=no\n' >>{CONF}"
            f" && chmod 0755 /opt/boks-gate {GATE} && chmod 0644 {CONF}"
        )
        old = authorized_keys_line(KEY, "127.0.0.1,192.0.2.7", GATE)
        self.write("old-keys", f"# {KEY} was here first\nssh-ed25519 AAAAother someone\n{old}")
        self.sh(f"cp {self.root}/old-keys {KEYS} && chmod 0644 {KEYS}")

    def failing_call(self, number: int, action: str) -> str:
        """Return shell text that makes one call of an installation's programs fail, counted over all of them."""
        root, names = self.root, " ".join(_PROGRAMS)
        self.write(
            "wrapper",
            f"#!/bin/sh\nn=$(($(cat {root}/calls) + 1))\necho $n >{root}/calls\n"
            f'[ $n != {number} ] || {{ {action}; }}\nexec {root}/real/NAME "$@"\n',
        )
        return (
            f"echo 0 >{root}/calls && rm -rf {root}/real {root}/fake && mkdir -p {root}/real {root}/fake && "
            f"for name in {names}; do cp $(command -v $name) {root}/real/ && "
            f'sed "s/NAME/$name/" {root}/wrapper >{root}/fake/$name && chmod 755 {root}/fake/$name; done && '
            f'for name in {names}; do mount --bind {root}/fake/$name "$(command -v $name)"; done'
        )

    def files(self) -> str:
        """List every file with owner, mode, target and check sum.

        Left out are what useradd leaves behind and the gate's own directory.
        """
        skipped = "-name .pwd.lock -o -name '*-' -o -path var/opt/boks-gate -prune -o"
        found = f"find etc opt var/lib var/opt {skipped}"
        return self.sh(
            f"cd / && {found} -type l -exec ls -l {{}} + ;"
            f" {found} ! -type l -exec stat -c '%n %u:%g %a %F' {{}} + | sort;"
            f" {found} -type f -exec cksum {{}} + | sort -k3"
        )


@contextmanager
def installer_host() -> Iterator[InstallerHost]:
    root = Path(tempfile.mkdtemp(prefix="boks-installer-"))
    try:
        yield InstallerHost(root)
    finally:
        as_root("rm", "-rf", str(root))
