"""The script for a host's console, which checks itself."""

import shlex

from boks_exporter.model import HostName
from boks_exporter.remote.operator_requests import RunName
from boks_exporter.remote.settings import RemotePaths


def retire_script(run: RunName, host: HostName, number: int, paths: RemotePaths, own_name: str = "") -> str:
    """Write the script that makes an old master a client at its console; it stops at the first unexpected thing.

    `own_name` is what the machine called itself in its last reply; without one, the configured name is expected.
    """
    data, expected = f"{paths.boks_var}/data", short_name(own_name or host)
    return f"""\
# On the console of {host}, as root, in single-user mode, before it boots any further.
# It stops at the first thing that is not as expected, and can be run again.
( PATH=/usr/xpg4/bin:$PATH:/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C
export PATH LC_ALL
here=`uname -n | sed 's/\\..*//' | tr '[A-Z]' '[a-z]'`
env={shlex.quote(paths.boks_etc)}/ENV
data={shlex.quote(data)}
aside="$data/removed-{run}.{number}"
fail() {{ echo "STOP: $1"; exit 1; }}
start='^[[:blank:]]*\\(export[[:blank:]][[:blank:]]*\\)*BOKSINIT=["'"'"']\\{{0,1\\}}\\([A-Za-z0-9_.:,/-]*\\)'
role() {{ (tr -d '\\000' <"$env"; echo) | sed -n "s|$start.*|\\2|p" | tail -1; }}
is_client() {{ [ "`role`" = client ]; }}
is_there() {{ ls -d "$1" >/dev/null 2>&1; }}
[ "$here" = {shlex.quote(expected)} ] || fail "this is $here, expected {expected}"
[ -r "$env" ] || fail "$env cannot be read: are its file systems mounted?"
[ -d "$data" ] || fail "$data is not there: are its file systems mounted?"
is_client || {shlex.quote(paths.boksadm)} -S convert -v client
is_client || fail "$env does not say BOKSINIT=client"
{shlex.quote(paths.boksadm)} -S Boot -k
for file in "$data" "$aside" "$data"/*.dat "$data/sequence"; do
  [ -h "$file" ] && fail "$file is a link: put the real one in its place, and run this again"
done
[ -d "$aside" ] || mkdir "$aside" || fail "cannot make $aside"
: >"$aside/manifest" || fail "cannot write to $aside"
for file in "$data"/*.dat "$data/sequence"; do
  if is_there "$file"; then
    [ -f "$file" ] || fail "$file is no file: move it elsewhere, and run this again"
    name=`basename "$file"`
    is_there "$aside/$name" && fail "$aside has $name already"
    mv "$file" "$aside/" || fail "cannot move $file"
  fi
done
for file in "$data"/*.dat "$data/sequence"; do is_there "$file" && fail "$file is still there"; done
for file in "$data"/removed-*/manifest; do
  [ ! -f "$file" ] || mv "$file" "$file.{run}" || fail "cannot rename $file"
done
echo 'done: boot the host now' )
"""


def short_name(host: HostName) -> str:
    """Return the first label of a host's name in lower case, as `uname -n` may print it."""
    return host.partition(".")[0].lower()
