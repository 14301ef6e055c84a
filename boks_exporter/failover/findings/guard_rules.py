"""What each guard checks, why, and whether its findings can be accepted."""

from typing import Final

from boks_exporter.failover.findings.guards import Guard, GuardRule

_NEVER: Final = False
_MAY: Final = True

RULES: Final[dict[Guard, GuardRule]] = {
    Guard.UNKNOWN_HOST: GuardRule(
        "the host is one of the domain's",
        "a typing error must not change a host",
        _NEVER,
        "an unknown host can be neither polled nor locked",
    ),
    Guard.OTHER_HOST: GuardRule(
        "no name leads to the machine of another host",
        "a change of one would be made on the other",
        _NEVER,
        "a master and a copy that are one machine would be taken for two",
    ),
    Guard.UNCONFIGURED_SERVER: GuardRule(
        "every replica of the master's database and list is in the configuration",
        "an unknown server can be master, ahead, or locked by another operator",
        _MAY,
        "by a person who knows the state of the named server",
    ),
    Guard.RUN_OPEN: GuardRule(
        "no other run of the domain is open",
        "two runs must not interleave",
        _NEVER,
        "two runs side by side can make two masters: resume it, abort it, or forget it",
    ),
    Guard.HOST_LOCKED: GuardRule(
        "no other run holds a host's lock",
        "two operators must not interleave",
        _NEVER,
        "two operators side by side can make two masters: break the lock of a run that was lost",
    ),
    Guard.HOST_BUSY: GuardRule(
        "no change still runs on a host",
        "it must end before another begins",
        _NEVER,
        "its effect is unknown before it has ended",
    ),
    Guard.GATE_NOT_READY: GuardRule(
        "the operator's gate works on every host that is changed",
        "what would fail in the middle is asked for at the beginning",
        _NEVER,
        "it would fail in the middle all the same",
    ),
    Guard.ODD_FILES: GuardRule(
        "the files of a database that is moved or served are plain files",
        "a link or a directory among them cannot be moved aside and back",
        _NEVER,
        "the gate refuses the step in the middle: look at the file, and replace it or remove it by hand",
    ),
    Guard.PARTIAL_DATABASE: GuardRule(
        "no host is converted while a removal of its database, or the undoing, is not at its end",
        "half a database would start as a copy",
        _NEVER,
        "the gate refuses the conversion: move the files back, or the others aside, first",
    ),
    Guard.LOCK_INCOMPLETE: GuardRule(
        "every other server that answers can be locked",
        "another operator could work on it meanwhile",
        _MAY,
        "accept it when no other operator works on this domain",
    ),
    Guard.COOL_DOWN: GuardRule(
        "masters did not change a short time ago",
        "one change after the other hides what is wrong",
        _MAY,
        "no data are at stake, and the reason can be known",
    ),
    Guard.LAST_RUN_FAILED: GuardRule(
        "the last run of the domain succeeded",
        "why it failed should be known before another begins",
        _MAY,
        "the domain is judged by what it is now, not by the journal",
    ),
    Guard.CLOCK_SET_BACK: GuardRule(
        "the last run did not end in the future",
        "ages that are counted from it are wrong",
        _MAY,
        "by a person who knows the time; the domain is judged by what it is now",
    ),
    Guard.FROZEN: GuardRule(
        "no freeze is kept on a host of the domain",
        "an operator decided that roles stay as they are for a time",
        _MAY,
        "by a person who knows the reason of the freeze, or lifts it with failover freeze end",
    ),
    Guard.UNDER_MAINTENANCE: GuardRule(
        "no host that is changed is under maintenance",
        "a person is working on it",
        _MAY,
        "by a person who has asked the owner of the window",
    ),
    Guard.STALE_LOOK: GuardRule(
        "the host was polled just now",
        "outdated facts prove nothing",
        _NEVER,
        "since then another may have become master: two masters could exist",
    ),
    Guard.SEVERAL_MASTERS: GuardRule(
        "at most one host reports that it is master",
        "with two masters nothing is safe but to retire one",
        _NEVER,
        "two masters exist, and which copy is to be kept is unknown",
    ),
    Guard.MASTER_EXISTS: GuardRule(
        "before a promotion no host reports that it is master",
        "two masters would exist",
        _NEVER,
        "two masters would exist",
    ),
    Guard.NO_MASTER: GuardRule(
        "there is a master",
        "the procedure needs one that works",
        _NEVER,
        "the copy that is moved aside could be the most advanced one that is left",
    ),
    Guard.MASTER_UNSOUND: GuardRule(
        "the master answers, runs, and shows its list and numbers",
        "copies would be made of an unhealthy master",
        _NEVER,
        "whether it has every update of the copy that is moved aside would be unknown",
    ),
    Guard.HOSTS_NOT_ASKED: GuardRule(
        "every known host could be asked whether it is master",
        "one that could not might be",
        _MAY,
        "for each named host, by a person who knows that it is no master",
    ),
    Guard.OLD_MASTER_REACHABLE: GuardRule(
        "no replica reaches the old master's port",
        "it may be running, and two masters would exist",
        _NEVER,
        "two masters would exist",
    ),
    Guard.OLD_MASTER_UNPROVEN: GuardRule(
        "every other host that was master when last seen is out: by its own word, fenced, or declared lost",
        "a master that is not reached may be running behind a partition",
        _MAY,
        "for the named host, by a person who has seen that its machine is off; that no host reaches it is no proof",
    ),
    Guard.SUCCESSOR_UNKNOWN: GuardRule(
        "where the last known master has another role now, a run of this journal made it so",
        "it may have been replaced by a host that no configuration names",
        _MAY,
        "for the named host, by a person who knows that no other host became master in its place",
    ),
    Guard.WRONG_ROLE: GuardRule(
        "the host has the role that the procedure begins with",
        "anything else is no legal transition",
        _NEVER,
        "a master that is taken for a replica would be the last copy that is lost",
    ),
    Guard.UNREACHABLE: GuardRule(
        "the host can be polled",
        "what cannot be observed cannot be proven",
        _NEVER,
        "nothing of it could be proven afterwards either",
    ),
    Guard.DAEMONS_STOPPED: GuardRule(
        "BoKS runs on the host",
        "a stopped replica gets no updates",
        _MAY,
        "its data are compared separately",
    ),
    Guard.DAEMONS_RUNNING: GuardRule(
        "BoKS is stopped on an old master that is retired over SSH",
        "while it runs it answers as a master next to the new one",
        _MAY,
        "two masters exist already, and this is what ends it",
    ),
    Guard.INCOMPLETE_COPY: GuardRule(
        "the copy has every table and is not loading",
        "what it lacks would be lost everywhere",
        _NEVER,
        "every replica would load what is left of it",
    ),
    Guard.UNREAD_TABLES: GuardRule(
        "every table of the copies that are compared can be read",
        "a line that cannot be read may hide updates that would be lost",
        _MAY,
        "an operator who read the numbers on the host knows more",
    ),
    Guard.UNSOUND_COPY: GuardRule(
        "the copy is no worse than the procedure allows",
        "its data would become everybody's",
        _MAY,
        "where all copies are unhealthy, a person has to choose one; no copy is removed by it",
    ),
    Guard.ERROR_LOG: GuardRule(
        "the last lines of its error log are harmless",
        "K1456 checks it first",
        _MAY,
        "its lines need a person to judge them: their format is not public",
    ),
    Guard.BEHIND_BEST: GuardRule(
        "no reachable server is more advanced",
        "the updates that only the other one has would be lost",
        _MAY,
        "the more advanced copy stays where it is; updates_only_here guards its removal",
    ),
    Guard.BEHIND_LAST_MASTER: GuardRule(
        "it has what the last known master had",
        "updates that no other server has would be lost",
        _MAY,
        "the old master's copy stays on its disk; updates_only_here guards its removal",
    ),
    Guard.UPDATES_ONLY_HERE: GuardRule(
        "the master has every update that the host has",
        "its database is moved aside, and they with it",
        _MAY,
        "to rebuild what is ahead is the known cure (K1262); nothing is deleted: it is in data/removed-RUN.STEP",
    ),
    Guard.FORK_POINT_UNKNOWN: GuardRule(
        "the numbers of the present master when it became one are in the journal",
        "without them later numbers can hide updates that only the old master has",
        _MAY,
        "by a person who knows that the old master wrote nothing alone; its database is moved aside, not deleted",
    ),
    Guard.STALE_DATABASE: GuardRule(
        "a client that becomes a replica has no old database",
        "stale files make a replica that is ahead (K1262); they are moved aside",
        _MAY,
        "a client does not show its numbers; nothing is deleted: it is in data/removed-RUN.STEP",
    ),
    Guard.LAST_COPY: GuardRule(
        "another healthy copy remains besides the master's",
        "without it the master's would be the only one",
        _MAY,
        "the master's copy, which has every update, is left",
    ),
    Guard.NOT_REGISTERED: GuardRule(
        "the database has the host as BOKSREPLICA",
        "the master would not send it anything (K1456)",
        _MAY,
        "no data are at stake, and a later step waits for it",
    ),
    Guard.BRIDGE: GuardRule(
        "BRIDGE_ACCEPT_MASTER_IPS, where set, admits the candidate",
        "others would refuse it (HS hotfix/105)",
        _MAY,
        "it can be fixed afterwards, host by host",
    ),
    Guard.SHM_SIZE: GuardRule(
        "SHM_SIZE is the same on all servers",
        "a copy may be incomplete otherwise (HS troubleshooting/312)",
        _MAY,
        "it may be harmless: incomplete_copy checks the copy itself",
    ),
    Guard.METHOD_CONF: GuardRule(
        "method.conf is the same on all servers",
        "agents of the one that differs are refused (HS troubleshooting/237)",
        _MAY,
        "it can be fixed afterwards, host by host",
    ),
    Guard.PROMOTION_NEVER: GuardRule(
        "the configuration allows it to become master",
        "the configuration had a reason",
        _MAY,
        "a preference; it can be overridden in an emergency",
    ),
    Guard.PROMOTION_PREFERENCE: GuardRule(
        "no preferred host is as good",
        "the configuration had a reason",
        _MAY,
        "a preference; it is only shown",
    ),
    Guard.SITE: GuardRule(
        "its site keeps a healthy replica",
        "logins there would depend on the network",
        _MAY,
        "logins continue over the network",
    ),
}
"""The closed set with its reasons; docs/failover.md is made from it."""
