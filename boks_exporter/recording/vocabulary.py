"""Words that a scrubbed recording keeps: those of BoKS, of the gate and of common messages, and no names."""

import re
from typing import Final

_WORDS: Final = """
    server since last pckt packet fail failure sync count status host replica replicas master client servers
    hosts clients ok loading down never n a unknown other total free used largest lines files oldest sequence
    list table tables boks boksinit shm_size bridge_accept_master_ips bcastaddr export method.conf boksdiag
    boksadm dumpbase fque boks_master boks_servc boks_servm boks_clntd boks_bridge boks_init boks_authd
    boks_csspd boks_udsqd boks_cron boks_xd boks_drainmast boks_ftsd boks_ftcd boks_errlog servc servm clntd
    data database sequence.dat checksum mismatch cannot encrypt message warning error errors failed refused
    denied permission not found no such file or directory command usage option invalid illegal argument memory
    shared attach attached segment connection connected disconnected timeout timed out reset by peer port
    address node key hostkey wrong from to of in on at for with and is are was were has have been being the this
    that it its be will read write reading writing retrying retry locked lock unlock busy stale syncing stopped
    starting started running done ready disabled enabled removed missing incomplete complete corrupt damaged
    copy copying reload reloading update updates queue full empty jan feb mar apr may jun jul aug sep oct nov
    dec mon tue wed thu fri sat sun root bin daemon sys adm boksm wheel you new mail manager version release
    welcome login authorized only use yes true false none null all any each every per more less than after
    before during until between up off
"""
KEPT: Final = frozenset(_WORDS.split())

_PATTERNS: Final = re.compile(r"T[0-9]{1,4}|[0-9]+D|dd_fcom_[0-9]*|LCK|ENV|tty[0-9]*", re.IGNORECASE)


def is_kept(word: str) -> bool:
    """Whether a word says something about BoKS and nothing about a site."""
    return word.lower() in KEPT or _PATTERNS.fullmatch(word) is not None
