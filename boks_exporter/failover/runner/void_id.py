"""Whether a change began on a host, for a client whose connection broke: the id is claimed as void before it is denied.

That a host has no record of an id proves nothing while the request can still be on its way. Only a void id does.
"""

from typing import Final

from boks_exporter.errors import ParseError
from boks_exporter.failover.gate_client import locked_by_other
from boks_exporter.failover.runner.run_context import Tools
from boks_exporter.model import Host
from boks_exporter.parsing.operator_facts import LockState, RecordState, StepRecord
from boks_exporter.remote.operator_requests import RunName, StepId

_VOID: Final = StepRecord(RecordState.VOID)


async def claim_void(tools: Tools, host: Host, step: StepId) -> StepRecord:
    """Claim an id, and return the record of what was begun under it; `void` where nothing was and nothing will be.

    Raises TransportError and ParseError, after which nothing is known. A gate of protocol 1 cannot claim an id: there
    only a lock that this run does not hold keeps a late request from running.
    """
    try:
        record = await tools.changing.void(host, step)
    except ParseError:
        record = await tools.looking.record(host, step)
        if record.state is not RecordState.NONE:
            return record
        if not await _is_kept_out(tools, host, step.partition(".")[0]):
            raise
        record = await tools.looking.record(host, step)
        return _VOID if record.state is RecordState.NONE else record
    return StepRecord(RecordState.NONE) if record.state is RecordState.REFUSED else record


async def _is_kept_out(tools: Tools, host: Host, run: RunName) -> bool:
    """Return whether another run has the lock, so that the gate refuses every request of this one."""
    lock = await tools.looking.lock(host)
    return lock.state is not LockState.FAILED and locked_by_other(lock, run)
