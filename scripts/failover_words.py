"""What docs/failover.md says in plain words, around what is generated."""

from typing import Final

INTRODUCTION: Final = """\
# Failover

<!-- Written by scripts/generate_failover_doc.py from the procedures, the guards and runs on simulated hosts; change it
there. -->

## At night

The master is dead, and nobody can repair it within a few hours.

1. `boks-exporter failover candidates` ranks the replicas and says what speaks against each.
2. `boks-exporter failover promote HOST` shows the plan. **Nothing is changed.** Read the findings.
3. On a terminal, type the host's name when it asks. Or give the fingerprint that stands at the end:
   `boks-exporter failover promote HOST --apply FINGERPRINT`.
4. Keep the old master from booting. Before it boots: `boks-exporter failover retire OLDMASTER`. It prints a script for the
   console, in single-user mode.
5. `boks-exporter failover add-replica OLDMASTER` makes it a replica. `boks-exporter failover failback OLDMASTER` makes it
   the master again, in daylight.

Whatever goes wrong, the last lines say what to type next. Every failover command says first which run is open, and what to
type for it.

## What it will never do

* **Two masters.** A host becomes master only after every known host was asked and none says that it is one, and after the
  old one is proven out: by its own word, or because no replica reaches its port.
* **Lose the last copy.** A database is never deleted. It is moved aside on the same host, into
  `data/removed-RUN.STEP`, only on a client, and only while the one master has every update that it has.
* **Force.** There is no `--force`. A finding is accepted by its own name and with a reason, and that is journaled. Some can
  be accepted by nobody.

## How it works

* **Showing is the default.** Without `--apply` a command holds nothing that could change a host.
* **The fingerprint** stands for the facts and the steps: roles, states, SHM_SIZE, findings, every request. Numbers, times
  and ages are not in it, or it would never hold on a busy domain. `--apply` looks again, locks, looks once more, and
  refuses with the difference if anything in it is not as it was.
* **Locks** lie in the journal and on every server, so that two operators on two machines meet. They do not expire.
  `failover locks` shows them. `failover break-lock RUN HOST` takes one away, by name only.
* **Each step** is written into the journal, sent with an id, and proven by looking. The host runs an id once, whatever
  becomes of the connection. A command that says 0 and did nothing has failed; one that says 1 and did it has not.
* **A run stays open** where it could not end. Its locks stay. `failover resume RUN` looks first and goes on; `failover
  abort RUN` undoes what can be undone, last step first, and says what cannot. `failover forget RUN --reason …` closes a
  run whose hosts are gone for good.
* **To stop a run**, press Ctrl-C once. It ends the step that it is at, writes it down, and says what to type. SIGTERM and
  a lost terminal do the same. A second Ctrl-C leaves at once: what a host has begun goes on there, and `resume` asks it.
* **A change of masters takes a quiet moment.** Before the old master is stopped, the command waits until nothing is written
  (`failover.quiet` in the configuration). If something was written all the same, the old master is started again and another
  moment is tried, three times. Pick a quiet hour.
* **What was written last** is known only from a master that stands still. Whether BoKS shows its numbers while it is stopped
  is not published. If it does not, the change goes back and says so; whoever is sure that nothing was written may
  `--accept behind_last_master`.
* **Maintenance** is set for the hosts that a run works on, and ends with it, or by itself after four hours.
  `boks-exporter maintenance start HOST --for 2h --reason …` sets it by hand. Alerts about the host are held back; the
  status page, its JSON and `boks-exporter status` show host, end, owner and reason.
* **Hooks** of the configuration hear of a run: `before` (a status other than 0 stops it), `after`, `on_failure`. The facts
  are in `BOKS_FAILOVER_RUN`, `…_DOMAIN`, `…_PROCEDURE`, `…_TARGET`, `…_MASTER`, `…_FINGERPRINT`, `…_OWNER`, `…_OUTCOME`,
  `…_EXIT` and `…_MESSAGE`.

## Before the first time

* The operator's key and gate on every host: `boks-exporter gate install --operator`, or [deploy/ssh/OPERATOR.md](../deploy/ssh/OPERATOR.md).
* A section `failover` in the configuration: [configuration.md](configuration.md). The journal's directory must be writable for
  the operators; where the exporter may read it too, its metrics and alerts know of runs and maintenance.
* Let the configuration lie at `/etc/boks-exporter/config.yaml`, or set `BOKS_EXPORTER_CONFIG_FILE`: the commands that are
  printed to be typed next do not repeat `--config.file`.
* Give the command the exporter's `state_file` to read: it holds what the master had before it died, and which replica
  had gone its own way.
* Rehearse it by day: `failover rehearse promote HOST --dead MASTER` changes nothing: [failover-rehearsal.md](failover-rehearsal.md).
"""

JSON: Final = """\
## JSON

Every command takes `--output json`. Keys are only ever added; null means not known. Times are Unix seconds.

| command | keys |
|---|---|
| a procedure without `--apply`, `plan` | `exit_code`, `fingerprint`, `domain`, `domain_state`, `seen_timestamp_seconds`, `hosts`, `witnesses`, `findings`, `plan` (`steps` with the exact `request`, `needs`, `prefers`, `proves`, `undo`, `point_of_no_return`), `basis`: what the fingerprint stands for |
| with `--apply`, `resume`, `abort`, `forget` | `exit_code`, `run`, `sentences` |
| `candidates` | a list, the best first: `host`, `site`, `promotion`, `behind_best_sequences`, `free`, `findings` |
| `verify` | a list: `check`, `truth` (`yes`, `no`, `unknown`), `sentence` |
| `history` | a list: `run`, `domain`, `procedure`, `target`, `outcome`, `open`, `started_timestamp_seconds`, `ended_timestamp_seconds`, `user`, `sudo_user`, `terminal`, `host`, `reason`, `fingerprint`, `message` |
| `show` | those of `history`, and `plan`, `findings`, `acceptances`, `steps` (every attempt with `id`, `request`, `outcome`, `sentence`, `exit_status`, `output`) |

A finding has `name`, `level` (`refuse`, `unknown`, `note`), `host`, `sentence`, `value`, `limit`, `source`, `age_seconds`,
`acceptable` and `accepted`.
"""
