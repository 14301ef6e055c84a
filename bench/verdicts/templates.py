"""The words around the tables of docs/verdicts.md."""

INTRODUCTION = """\
# How far the verdicts can be trusted

This page is written by the trial of the verdicts. Do not edit it; run

    {command}

The trial generates histories of simulated BoKS domains and lets the real exporter watch them on virtual time: its poll
loop, its rounds, its parsers, its comparison, its verdicts and its page. What is really so at each instant is known to
the simulator, which shares no code with the parsers, the comparison or the verdicts. Every verdict of every round is
held against it. The same seed gives the same histories and the same figures on any machine.

A history has 1 to 60 replicas and 1 to 54 tables. The master writes nothing, or up to 500 updates a second, one by one
or in bursts. Replication takes from 10 ms to five minutes. Reads take their time, and in some histories up to 5 % of
them are lost. Clocks of hosts are wrong by up to two hours. In two of five histories nothing happens to replication:
these are called sound. In the others replicas and masters are restarted, die, hang, print rubbish, cannot be reached
or refuse the login; replicas stop to apply single tables, run ahead by 1 or by thousands of updates, have wrong stamps,
lose tables, fall off the list; replicas are promoted, by plan and without; two masters live side by side; sites vanish;
tables are made anew; the master's database is restored. The exporter itself is restarted, with and without its state
file.

It all rests on the simulator being like BoKS. Where BoKS is not documented, the simulator is a guess: see
[boks.md](boks.md) for what is known and how well.
"""

OURS = """\
## What this exporter says

Each figure counts verdicts: one replica (or, for the masters, one domain) in one round.

* **TP** reported and so · **FP** reported and not so · **TN** not reported and not so.
* **FN** not reported although it is so, a reply that arrived shows it, and it has been so for more than three poll
  intervals, or was reported before.
* **pending** the same, but for three intervals at most.
* **graver** it is so, and the verdict names a graver state that is so as well, or open (a replica has one state).
* **unknowable** it is so and not reported, and nothing that arrived can show it. Counted as neither right nor wrong.
* **open** there is no plain answer: two masters or none to compare with; a change in the middle of a round; a table or
  a new generation of one that is still under way when the threshold is over, late but not lost; and for lagging,
  a missing update whose number was given out twice, because the master was restored.

**Delay** is counted in poll intervals, from the instant at which it began to be so (or could be shown again, after
replies were lost, or a graver state had gone) to the beginning of the round that first reports it; **published** is the
same to the end of that round, when the page shows it.
"""

OTHERS = """\
## Beside it: how it is done without this exporter

On the same replies. **List only** reads `boksdiag list` on the master: the status, and as lagging what the list calls
OK although its last packet is more than two minutes old. **One shot** compares `boksdiag sequence` once, the master's
and then each replica's; any difference beyond the tolerance, in updates, counts as ahead or as lagging.
"""

LAG = """\
## Lag in seconds

`boks_replica_lag_seconds` against the age of the oldest update that the replica really lacked when it was read. The
errors are in poll intervals. The figure is left out where the exporter cannot know it so exactly, as for updates that
were written while the master could not be read.
"""

REST = """\
## What was said of replicas altogether

OK means that nothing that arrived speaks against a replica, and that both proofs arrived. It is no promise that nothing
is wrong: what no reply can show is counted here. Unknown is said where one of the proofs did not arrive.
"""

DEFINITIONS = """\
## What counts as so

The truth of a round is taken at the instants at which the hosts wrote their answers, not before and not after.

* **lagging**: the oldest update that the replica lacks is older than the threshold (`lag_seconds`), in any table whose
  stamp is the master's. A reply can show it when the replica was read, the master was read before it, and the first
  reading of the master that shows the missing update is as old as the threshold.
* **ahead**: a table of the master's stamp has a higher number than the master's at the same instant. A reply can show
  it when the number is still higher than the master's when the master is read again afterwards: one update ahead in a
  table that is written hundreds of times a second cannot be seen by anybody.
* **diverged**: a table has a stamp that the master never had; or a table is not there although the master had it at the
  point up to which the replica has got its updates; or the replica is ahead and lagging at once. Open while the replica
  is listed as loading. A reply can show it when the replica and the list were read, and the master is known to have had
  the table for as long as the threshold (`stamp_seconds`, `missing_seconds`); for a table that came up while the
  exporter watched, and a replica that waits for updates, for as long as the oldest of these in addition.
* **down**: the master's list shows DOWN at the instant at which it is printed. What the master itself has not noticed
  yet, no reply can show; a simulated master notices with the next update or after a minute.
* **loading**: the list shows LOADING. Open if the replica's own numbers went back since they were read last.
* **unlisted**: the host is a replica by its ENV, and the list does not show it.
* **unreachable**: the exchange with the host failed.
* **split brain**: two hosts that are switched on have BOKSINIT=master during the whole round. It is reported wrongly if
  that is so at no instant of the round. A reply can show it when two of them answered.
* **no master**: no host with BOKSINIT=master answered in the round, be it dead or out of reach. How often a master was
  alive meanwhile is counted above.
* **missing table**: the master has a table that the replica has not (`boks_replica_missing_tables` above 0). A reply
  can show it when the table is in the master's reading before the replica's.

* The last three are samples that alerts rest on. **boks_replica_ahead_sequences** is above 0 when a table has a higher
  number than the master's, whatever the stamps: numbers of another generation are still compared, and show here besides
  the state diverged. **boks_replica_reported_status** is the list's. **boks_host_up** is 0 when the exchange failed, or
  when the numbers, or a master's list, were not printed.

Verdicts on replicas by their numbers are judged only while exactly one host is master at all instants that count, in
the exporter's eyes and in truth; the others are open.
"""
