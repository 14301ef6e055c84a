"""The faults of a simulated host."""

from enum import StrEnum


class Fault(StrEnum):
    """A fault that can be set on a host and cleared again; the parameters are in brackets.

    What a fault does to the data stays when it is cleared, unless the sentence says otherwise; to reload is to load the
    whole copy again, table by table.
    """

    DOWN = "down"
    """The daemons are stopped, the host answers; cleared: they start again, and the replica loads."""
    LOADING = "loading"
    """The replica was restarted and goes on loading until cleared (from_scratch: its tables come back one by one)."""
    SLOW = "slow"
    """Updates take longer (delay_seconds, 600); cleared: it catches up."""
    DIVERGED = "diverged"
    """It stops to apply single tables (tables, the busiest one); cleared: it catches up."""
    AHEAD = "ahead"
    """Single tables hold updates that the master never had (by, 2; tables, the busiest one); cleared: it reloads."""
    WRONG_STAMP = "wrong_stamp"
    """Single tables are of another generation (tables, the busiest one; days, 300); cleared: it reloads."""
    MISSING_TABLE = "missing_table"
    """Single tables are not there (tables, the busiest one); cleared: they are back."""
    UNLISTED = "unlisted"
    """The database does not know it as a replica: not listed, no updates; cleared: it catches up."""
    REFUSED = "refused"
    """The port of SSH is closed; BoKS goes on."""
    UNREACHABLE = "unreachable"
    """SSH clients get no answer (cut_off=True: the other BoKS hosts get none either)."""
    HANGING = "hanging"
    """BoKS's commands never end."""
    GARBAGE = "garbage"
    """BoKS's commands print garbage (bytes, 2000)."""
    WRONG_HOST_KEY = "wrong_host_key"
    """The host's SSH key is not the known one."""
    WRONG_LOGIN = "wrong_login"
    """The host refuses the login."""
    TWO_MASTERS = "two_masters"
    """The host is a second master; cleared: it is a replica again, with its own data."""
    MASTER_DEAD = "master_dead"
    """The machine is off; cleared: it boots in the role that its ENV says."""


class Connectivity(StrEnum):
    """What an SSH client meets."""

    OK = "ok"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    WRONG_HOST_KEY = "wrong_host_key"
    WRONG_LOGIN = "wrong_login"
