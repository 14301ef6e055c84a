"""The text of the installation guide; installation.py fills it in."""

from collections.abc import Mapping
from typing import Final

from boks_exporter.remote.settings import Prefix

ROOT_STEPS: Final[Mapping[Prefix, str]] = {
    Prefix.SUDO: """\
Only root may run BoKS's commands, so the gate runs itself as root: with one fixed argument, and with nothing else.
sudo ignores files in `/etc/sudoers.d` whose names hold a dot, so the rule counts only once it has been checked. Where
sudo reads no such directory, add the lines with `visudo`.

```sh
cat >/etc/sudoers.d/boks-exporter.new <<'END'
{rule}END
chown root /etc/sudoers.d/boks-exporter.new
chmod 0440 /etc/sudoers.d/boks-exporter.new
visudo -cf /etc/sudoers.d/boks-exporter.new && mv /etc/sudoers.d/boks-exporter.new /etc/sudoers.d/boks-exporter
```
""",
    Prefix.SUEXEC: """\
Only root may run BoKS's commands, so the gate runs itself as root through BoKS's own `suexec`: with one fixed
argument, and with nothing else. In BoKS, allow the user `{user}` on this host exactly this program as root:

```
{gate} {word}
```
""",
    Prefix.NONE: """\
`PREFIX=none`: the gate runs as `{user}`, and that login has to be able to run BoKS's commands itself. As a rule only
root can. If sudo is there, choose `sudo` for the prefix rather than a login as root.
""",
}

GUIDE: Final = """\
Do this as root on every BoKS host that the exporter asks: master, replicas, and clients that may become replicas.

## 1. The account

It has `/bin/sh`, no password, and cannot change its own key.

```sh
useradd -r -d {home} -s /bin/sh {user}       # AIX: mkuser home={home} shell=/bin/sh {user}
mkdir -p {home}/.ssh
chown root {home} {home}/.ssh
chmod 0755 {home} {home}/.ssh
```

A fresh account is locked: its password field is `!`. sshd without PAM refuses a locked account, whatever its key. Give
it a password that nothing matches instead (the log of sshd says `account is locked` where this is missing):

```sh
usermod -p '*' {user}                        # Solaris: passwd -N {user}
```

Where BoKS decides about SSH logins too, the account needs an access route in BoKS for SSH from the exporter's host.

## 2. The gate and its configuration

Nobody but root may write these two files, their directory, or any directory above it. The gate refuses to work
(`=refused untrusted_config`) where its file or its directory is not root's or others can write it.

```sh
mkdir -p {directory}
cat >{conf} <<'END'
{conf_text}END
# On the exporter's machine `boks-exporter gate` prints the gate; copy it to {gate}, then:
chown root {directory} {gate} {conf}
chmod 0755 {directory} {gate}
chmod 0644 {conf}
```

Solaris 10 and older: `/bin/sh` is no POSIX shell there. Change the first line of the gate to `#!/usr/xpg4/bin/sh`.

## 3. The key

`from` names the addresses from which the exporter connects, `command` the only program that the key can start.

```sh
cat >{home}/.ssh/authorized_keys <<'END'
{key_line}END
chown root {home}/.ssh/authorized_keys
chmod 0644 {home}/.ssh/authorized_keys
```

OpenSSH before 7.2 does not know `restrict`: write
`no-pty,no-port-forwarding,no-agent-forwarding,no-X11-forwarding,no-user-rc` in its place.

## 4. Becoming root

{root_step}
## 5. The test

As the exporter's user on its machine. The first connection shows the host's key: compare it with the host's own
(`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`) before you say yes.

```sh
ssh -i /etc/boks-exporter/id_{user} {user}@HOST 'boks-gate/1 role sequence list'
```

It prints `=boks-gate/1 …` first, `=end … exit=0` for each section and `=done sections=3` last. Other answers:

| you see | it means |
|---|---|
| `Permission denied` | wrong key, wrong owner or mode, another `from` address, or a locked account: see sshd's log |
| `=refused untrusted_config` | the gate's file or directory is not root's, or others can write it |
| `=refused bad_config` | a line of `boks-gate.conf` is not understood; the line after it says which |
| `=refused unknown_protocol` | the gate was asked for something else than `boks-gate/1 …` |
| `sudo: a password is required` | the rule of step 4 is missing, or names another path or user |
| `=end sequence exit=126` or `exit=127` | `BOKSADM` in `boks-gate.conf` is not the program |
| `=end sequence timeout=…` | the command hung and was ended; BoKS on this host needs attention |
"""
