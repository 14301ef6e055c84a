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

OPERATOR_ROOT_STEPS: Final[Mapping[Prefix, str]] = {
    Prefix.SUDO: """\
The rule names the operator gate, the reading login's rule the reading gate: neither login can use the other's.

```sh
cat >/etc/sudoers.d/boks-operator.new <<'END'
{rule}END
chown root /etc/sudoers.d/boks-operator.new
chmod 0440 /etc/sudoers.d/boks-operator.new
visudo -cf /etc/sudoers.d/boks-operator.new && mv /etc/sudoers.d/boks-operator.new /etc/sudoers.d/boks-operator
```
""",
    Prefix.SUEXEC: """\
In BoKS, allow the user `{user}` on this host exactly this program as root, and nothing else:

```
{gate} {word}
```
""",
    Prefix.NONE: """\
`PREFIX=none`: the gate runs as `{user}`, and only root can change a host. Where reader and operator are both root's
login, their two keys are in one file, and the forced command of each is all that separates them.
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

Only root may write these two files, their directory, or any directory above it. The gate refuses to work
(`=refused untrusted_config`) where its file or its directory is not root's or others can write it.

```sh
mkdir -p {directory}
cat >{conf} <<'END'
{conf_text}END
# On the exporter's machine `boks-exporter gate` prints the gate; copy it to {gate}.new, then:
chown root {directory} {gate}.new {conf}
chmod 0755 {directory} {gate}.new
chmod 0644 {conf}
mv {gate}.new {gate}
```

The gate counts the polls in progress in `/var/opt/boks-gate/polls` (`STATE` in `boks-gate.conf`). It makes that
directory itself, for root alone, and changes no other file.

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
echo 'boks-gate/2 0 role sequence list' | ssh -i /etc/boks-exporter/id_{user} {user}@HOST boks-gate/2
```

It prints `=0 boks-gate/2 …` first, `=0 end … exit=0` for each section and `=0 done sections=3` last. Other answers:

| you see | it means |
|---|---|
| `Permission denied` | wrong key, wrong owner or mode, another `from` address, or a locked account: see sshd's log |
| `=refused untrusted_config` | the gate's file or directory is not root's, or others can write it |
| `=refused bad_config` | a line of `boks-gate.conf` is not understood; the line after it says which |
| `=refused unknown_protocol` | the command was not `boks-gate/2`, or the gate is of version 1: step 6 |
| `sudo: a password is required` | the rule of step 4 is missing, or names another path or user |
| `=0 end sequence exit=126` or `exit=127` | `BOKSADM` in `boks-gate.conf` is not the program |
| `=0 end sequence timeout=…` | the command hung and was ended; BoKS on this host needs attention |
| `=0 refused busy` | as many polls are in progress as `POLLS` in `boks-gate.conf` allows |

`MaxSessions` in `sshd_config` limits the sessions of one connection, not those of one key: a holder of the key can open
many connections. `POLLS` bounds what they can start as root.

## 6. A newer gate, and the step from version 1

The first line of every reply names the gate's version. `boks-exporter version` names that of the gate that belongs to
the exporter. Install the exporter first: it speaks to old gates, an old exporter does not speak to new ones.

```sh
# `boks-exporter gate` prints the new one; copy it to {gate}.new on the host, then:
chown root {gate}.new && chmod 0755 {gate}.new && mv {gate}.new {gate}
```

Never write into {gate} itself: a shell reads its script while it runs it, and a poll may be in progress. A connection
that is open goes on with the old script until it is replaced (an hour, as a rule).

Version 1 was one script for both keys. Key line, sudo rule and configuration of the reading login stay as they are. The
operator's key, where there is one, gets a script of its own: `boks-exporter gate install --operator` prints the steps.
Until they are done, the operator's key can do nothing on this host.
"""

OPERATOR_GUIDE: Final = """\
Do this as root on every BoKS host that takes part in a failover: master, replicas, and clients that may become
replicas. The reading gate is installed there already; it has no line that could change the host. Without the steps
below no key can.

## 1. A second account, for the operator's key alone

```sh
useradd -r -d {home} -s /bin/sh {user}       # AIX: mkuser home={home} shell=/bin/sh {user}
usermod -p '*' {user}                        # Solaris: passwd -N {user}
mkdir -p {home}/.ssh
cat >{home}/.ssh/authorized_keys <<'END'
{key_line}END
chown root {home} {home}/.ssh {home}/.ssh/authorized_keys
chmod 0755 {home} {home}/.ssh
chmod 0644 {home}/.ssh/authorized_keys
```

Keep the private key on the operators' machine, readable for the operators only, never where the exporter runs as a
daemon. In BoKS, the account needs an access route for SSH from that machine.

## 2. The operator gate, and a configuration that allows it

`OPERATOR=no` stops every change on this host at once.

```sh
cat >{conf} <<'END'
{conf_text}END
# On the operators' machine `boks-exporter gate --operator` prints the gate; copy it to {gate}.new, then:
chown root {directory} {gate}.new {conf}
chmod 0755 {directory} {gate}.new
chmod 0644 {conf}
mv {gate}.new {gate}
mkdir -p {state}
chown root {state}
chmod 0700 {state}
```

Where version 1 was installed, one script served both keys: the line of `authorized_keys` and the sudo rule of the
operator's login name {gate} now, and the rule that ends in `operator-on-stdin` is removed. Do it while no failover is
in progress.

`{state}` holds the lock of this host and a record of each change: what was asked, when, the output, the exit status.
Leave it alone: a change whose record is gone could be made twice.

## 3. Becoming root

{root_step}
## 4. The test, which changes nothing of BoKS

```sh
echo 'boks-gate/2 0 op preflight' | ssh -i ~/.ssh/id_{user} {user}@HOST boks-gate/2
```

It makes the gate's own directory of locks and records, /var/opt/boks-gate (`STATE` in `boks-gate.conf`), if it is
missing, for its login alone (mode 700). If the directory is usable, it writes a file `probe.N` into it, to see that
there is room, and removes it immediately.

It prints `permitted=yes`, `boksadm=yes` and `state=writable`. Other answers:

| you see | it means |
|---|---|
| `=refused operator_disabled` | `boks-gate.conf` does not say `OPERATOR=yes` |
| `=0 refused unknown_word` | the forced command is the reading gate: this is the reading key |
| `=refused unknown_protocol` | the forced command is a gate of version 1: step 2 |
| `=refused bad_config` | the gate on this host is older than its configuration: install the present one |
| `permitted=no` | the gate may not write BoKS's data, as it did not become root: step 3 |
| `boksadm=no` | `BOKSADM` in `boks-gate.conf` is not the program |
| `state=unusable` | {state} is not root's alone, is a link, or its disk is full |
| `session=killed` | systemd-logind would end BoKS when the connection ends: see below |

## 5. Where systemd ends what a login leaves behind

With `KillUserProcesses=yes`, logind ends every process of a session when the connection ends (logind.conf(5)): a
conversion in its middle, and BoKS's daemons that a conversion or `Boot` started, when they are typed over SSH. Most
distributions ship `no`; hardening guides set `yes`. `loginctl enable-linger` does not help: it keeps the user's own
manager, not what runs in a session. Except the account instead:

```sh
mkdir -p /etc/systemd/logind.conf.d
printf '[Login]\nKillExcludeUsers=root {user}\n' >/etc/systemd/logind.conf.d/boks-gate.conf
systemctl restart systemd-logind
```

`op preflight` says `session=killed` no more then, and failover no longer refuses the host (`gate_not_ready`).
"""
