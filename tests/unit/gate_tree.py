"""A BoKS host made of files."""

import os
import subprocess
import time
from pathlib import Path

from boks_exporter.remote.settings import Prefix, RemotePaths

LONG_AGO = 1_735_787_045
"""2 January 2025; old enough for `ls` to name the year."""

EVERYTHING = "role sequence list memory errlog queue checksums"
ADDED = "processes diskspace ports hostkey registered fque"
"""The sections that a gate has since version 2.1."""

ENV = """\
# BoKS environment
BOKSINIT={init}
export SHM_SIZE=16000
LICENCE_KEY=hunter2
BRIDGE_ACCEPT_MASTER_IPS="10.0.0.1 10.0.0.2"
"""

BOKSADM = """\
[ "$1" = -S ] || exit 98
shift
case "$*" in
'boksdiag sequence') printf '...\\nT7 13678d 8:33:46 5053 (5053)\\n...\\n' ;;
'boksdiag list')
	echo 'SERVER SINCE LAST SINCE LAST SINCE LAST COUNT LAST'
	echo 'REPHOST3 00:49 04:50 726768 OK'
	echo 'one replica is slow' >&2
	exit 3
	;;
'dumpbase -m') echo 'Total: 1023968, Free: 949824, Used: 74144, Largest free: 944896' ;;
*) exit 99 ;;
esac
"""

STUBBORN = """\
trap '' TERM HUP INT
("${0%/*}/forever" 600 & "${0%/*}/forever" 600 & exit) &
(trap '' TERM HUP INT; ("${0%/*}/forever" 600; :) & wait) &
echo begun
"${0%/*}/forever" 600
"""
"""A boksadm that hangs, with a child, a grandchild and an orphan, all of which ignore being asked to end."""


class Tree:
    """A host's files; `boksadm` is a shell script that a test can exchange."""

    def __init__(self, root: Path, init: str = "master") -> None:
        self.root = root
        self.etc = root / "etc"
        self.var = root / "var"
        self.spool = self.var / "data" / "master_spool"
        self.etc.mkdir(parents=True)
        self.spool.mkdir(parents=True)
        (self.etc / "ENV").write_text(ENV.format(init=init))
        (self.etc / "method.conf").write_text("ssh_pubkey\n")
        (self.var / "boks_errlog").write_text("first\nsecond\n")
        (self.var / "data" / "tab7.dat").write_text("x")
        (self.var / "data" / "sequence").write_text("x")
        for name, age in (("dd_fcom_2", 0), ("dd_fcom_1", -86400), ("other", -864000)):
            (self.spool / name).write_text("x")
            os.utime(self.spool / name, (LONG_AGO + age, LONG_AGO + age))
        # Whatever a test starts has the tree's path in its command line, so that what stays behind can be found.
        self.forever = root / "forever"
        self.forever.symlink_to("/bin/sleep")
        self.boksadm_is(BOKSADM)

    @property
    def boksadm(self) -> Path:
        return self.root / "boksadm"

    def boksadm_is(self, script: str) -> None:
        self.boksadm.write_text("#!/bin/sh\n" + script)
        self.boksadm.chmod(0o755)

    def paths(self, *, limit: int = 8, prefix: Prefix = Prefix.NONE) -> RemotePaths:
        return RemotePaths(
            boks_etc=str(self.etc),
            boks_var=str(self.var),
            boksadm=str(self.boksadm),
            prefix=prefix,
            section_timeout_seconds=limit,
        )

    def left_behind(self, within: float = 3.0) -> list[str]:
        """List what still runs from this tree, once it has had time to die."""
        until = time.monotonic() + within
        while (found := self._running()) and time.monotonic() < until:
            time.sleep(0.05)
        return found

    def _running(self) -> list[str]:
        listing = subprocess.run(
            ["ps", "-A", "-ww", "-o", "pid=,stat=,args="], capture_output=True, text=True, check=True
        )
        return [line for line in listing.stdout.splitlines() if str(self.root) in line and " Z" not in line]
