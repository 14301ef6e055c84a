"""What each guard checks, why, and whether its findings can be accepted."""

from typing import Final

from boks_exporter.failover.findings.guards import Guard, GuardRule


def _never(meaning: str, reason: str, because: str) -> GuardRule:
    """Return the rule of a guard whose findings cannot be accepted."""
    return GuardRule(meaning, reason, acceptable=False, because=because)


def _may(meaning: str, reason: str, because: str) -> GuardRule:
    """Return the rule of a guard whose findings can be accepted."""
    return GuardRule(meaning, reason, acceptable=True, because=because)


RULES: Final[dict[Guard, GuardRule]] = {
    Guard.UNKNOWN_HOST: _never(
        "the host is one of the domain's",
        "a typing error must not change a host",
        "an unknown host can be neither polled nor locked",
    ),
    Guard.OTHER_HOST: _never(
        "no name leads to the machine of another host",
        "a change of one would be made on the other",
        "a master and a copy that are one machine would be taken for two",
    ),
    Guard.UNCONFIGURED_SERVER: _may(
        "every replica of the master's database and list is in the configuration",
        "an unknown server can be master, ahead, or locked by another operator",
        "by a person who knows the state of the named server",
    ),
    Guard.RUN_OPEN: _never(
        "no other run of the domain is open",
        "two runs must not interleave",
        "two runs side by side can make two masters: resume it, abort it, or forget it",
    ),
    Guard.HOST_LOCKED: _never(
        "no other run holds a host's lock",
        "two operators must not interleave",
        "two operators side by side can make two masters: break the lock of a run that was lost",
    ),
    Guard.HOST_BUSY: _never(
        "no change still runs on a host",
        "it must end before another begins",
        "its effect is unknown before it has ended",
    ),
    Guard.GATE_NOT_READY: _never(
        "the operator's gate works on every host that is changed",
        "what would fail in the middle is asked for at the beginning",
        "it would fail in the middle all the same",
    ),
    Guard.ODD_FILES: _never(
        "the files of a database that is moved or served are plain files",
        "a link or a directory among them cannot be moved aside and back",
        "the gate refuses the step in the middle: look at the file, and replace it or remove it by hand",
    ),
    Guard.PARTIAL_DATABASE: _never(
        "no host is converted while a removal of its database, or the undoing, is not at its end",
        "half a database would start as a copy",
        "the gate refuses the conversion: move the files back, or the others aside, first",
    ),
    Guard.LOCK_INCOMPLETE: _may(
        "every other server that answers can be locked",
        "another operator could work on it meanwhile",
        "accept it when no other operator works on this domain",
    ),
    Guard.COOL_DOWN: _may(
        "masters did not change a short time ago",
        "one change after the other hides what is wrong",
        "no data are at stake, and the reason can be known",
    ),
    Guard.LAST_RUN_FAILED: _may(
        "the last run of the domain succeeded",
        "why it failed should be known before another begins",
        "the present state of the domain decides, not the journal",
    ),
    Guard.CLOCK_SET_BACK: _may(
        "nothing in the journal happened in the future",
        "ages and the order of changes that are derived from it are wrong",
        "by a person who has checked the clock; the present state of the domain decides",
    ),
    Guard.FROZEN: _may(
        "no freeze is kept on a host of the domain",
        "an operator decided that roles stay as they are for a time",
        "by a person who knows the reason of the freeze, or lifts it with failover freeze end",
    ),
    Guard.UNDER_MAINTENANCE: _may(
        "no host that is changed is under maintenance",
        "a person is working on it",
        "by a person who has asked the owner of the window",
    ),
    Guard.STALE_LOOK: _never(
        "the host was polled just now",
        "outdated facts prove nothing",
        "since then another may have become master: two masters could exist",
    ),
    Guard.SEVERAL_MASTERS: _never(
        "at most one host reports that it is master",
        "with two masters nothing is safe but to retire one",
        "two masters exist, and which copy is to be kept is unknown",
    ),
    Guard.MASTER_EXISTS: _never(
        "before a promotion no host reports that it is master", "two masters would exist", "two masters would exist"
    ),
    Guard.NO_MASTER: _never(
        "there is a master",
        "the procedure needs one that works",
        "the copy that is moved aside could be the most advanced one that is left",
    ),
    Guard.MASTER_UNSOUND: _never(
        "the master answers, runs, and shows its list and numbers",
        "copies would be made of an unhealthy master",
        "whether it has every update of the copy that is moved aside would be unknown",
    ),
    Guard.HOSTS_NOT_ASKED: _may(
        "every known host could be asked whether it is master",
        "one that could not might be",
        "for each named host, by a person who knows that it is no master",
    ),
    Guard.OLD_MASTER_REACHABLE: _never(
        "no replica reaches the master's port of the old master, or of a host that could not be asked",
        "it may be running, and two masters would exist",
        "two masters would exist",
    ),
    Guard.OLD_MASTER_UNPROVEN: _may(
        "every other host that was master when last seen is out: by its own word, fenced, or declared lost",
        "a master that is not reached may be running behind a partition",
        "for the named host, by a person who has seen that its machine is off; that no host reaches it is no proof",
    ),
    Guard.SUCCESSOR_UNKNOWN: _may(
        "where the last known master has another role now, a run of this journal made it so, ENV was not written since",
        "it may have been replaced by a host that no configuration names",
        "for the named host, by a person who knows that no other host became master in its place",
    ),
    Guard.WRONG_ROLE: _never(
        "the host has the role that the procedure begins with",
        "anything else is no legal transition",
        "a master that is taken for a replica would be the last copy that is lost",
    ),
    Guard.UNREACHABLE: _never(
        "the host can be polled",
        "what cannot be observed cannot be proven",
        "nothing of it could be proven afterwards either",
    ),
    Guard.DAEMONS_STOPPED: _may(
        "BoKS runs on the host", "a stopped replica gets no updates", "its data are compared separately"
    ),
    Guard.DAEMONS_RUNNING: _may(
        "BoKS is stopped on an old master that is retired over SSH",
        "while it runs it answers as a master next to the new one",
        "two masters exist already, and this is what ends it",
    ),
    Guard.INCOMPLETE_COPY: _never(
        "the copy has every table and is not loading",
        "what it lacks would be lost everywhere",
        "every replica would load what is left of it",
    ),
    Guard.UNREAD_TABLES: _may(
        "every table of the copies that are compared can be read",
        "a line that cannot be read may hide updates that would be lost",
        "an operator who read the numbers on the host knows more",
    ),
    Guard.UNSOUND_COPY: _may(
        "the copy is no worse than the procedure allows",
        "its data would become everybody's",
        "where all copies are unhealthy, a person has to choose one; no copy is removed by it",
    ),
    Guard.ERROR_LOG: _may(
        "the last lines of its error log are harmless",
        "K1456 checks it first",
        "its lines need a person to judge them: their format is not public",
    ),
    Guard.BEHIND_BEST: _may(
        "no reachable server is more advanced",
        "the updates that only the other one has would be lost",
        "the more advanced copy stays where it is; updates_only_here guards its removal",
    ),
    Guard.BEHIND_LAST_MASTER: _may(
        "it has what the last known master had",
        "updates that no other server has would be lost",
        "the old master's copy stays on its disk; updates_only_here guards its removal",
    ),
    Guard.UPDATES_ONLY_HERE: _may(
        "the master has every update that the host has",
        "its database is moved aside, and they with it",
        "to rebuild what is ahead is the known cure (K1262); nothing is deleted: it is in data/removed-RUN.STEP",
    ),
    Guard.FORK_POINT_UNKNOWN: _may(
        "the numbers of the present master when it became one are in the journal",
        "without them later numbers can hide updates that only the old master has",
        "by a person who knows that the old master wrote nothing alone; its database is moved aside, not deleted",
    ),
    Guard.STALE_DATABASE: _may(
        "a client that becomes a replica has no old database",
        "stale files make a replica that is ahead (K1262); they are moved aside",
        "a client does not show its numbers; nothing is deleted: it is in data/removed-RUN.STEP",
    ),
    Guard.LAST_COPY: _may(
        "another healthy copy remains besides the master's",
        "without it the master's would be the only one",
        "the master's copy, which has every update, is left",
    ),
    Guard.NOT_REGISTERED: _may(
        "the database has the host as BOKSREPLICA",
        "the master would not send it anything (K1456)",
        "no data are at stake, and a later step waits for it",
    ),
    Guard.BRIDGE: _may(
        "BRIDGE_ACCEPT_MASTER_IPS, where set, admits the candidate",
        "others would refuse it (HS hotfix/105)",
        "it can be fixed afterwards, host by host",
    ),
    Guard.SHM_SIZE: _may(
        "SHM_SIZE is the same on all servers",
        "a copy may be incomplete otherwise (HS troubleshooting/312)",
        "it may be harmless: incomplete_copy checks the copy itself",
    ),
    Guard.METHOD_CONF: _may(
        "method.conf is the same on all servers",
        "agents of the one that differs are refused (HS troubleshooting/237)",
        "it can be fixed afterwards, host by host",
    ),
    Guard.PROMOTION_NEVER: _may(
        "the configuration allows it to become master",
        "the configuration had a reason",
        "a preference; it can be overridden in an emergency",
    ),
    Guard.PROMOTION_PREFERENCE: _may(
        "no preferred host is as good", "the configuration had a reason", "a preference; it is only shown"
    ),
    Guard.SITE: _may(
        "its site keeps a healthy replica",
        "logins there would depend on the network",
        "logins continue over the network",
    ),
}
"""The closed set with its reasons; docs/failover.md is made from it."""
