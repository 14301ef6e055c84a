"""The parts of a poll in their order, and the one at which a failed poll stopped."""

from enum import StrEnum
from typing import Final

import asyncssh

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.transport.ssh.jump import JumpError


class Stage(StrEnum):
    """Each needs those before it."""

    LOCAL_FILES = "local files"
    JUMP_HOST = "jump host"
    NAME = "name"
    PORT = "port"
    SERVER = "ssh server"
    ALGORITHMS = "algorithms"
    HOST_KEY = "host key"
    LOGIN = "login"
    FORCED_COMMAND = "forced command"
    SUDO_RULE = "sudo rule"
    GATE = "gate"


_BY_REASON: Final = {
    FailureReason.DNS: Stage.NAME,
    FailureReason.CONNECT: Stage.PORT,
    FailureReason.HOST_KEY: Stage.HOST_KEY,
    FailureReason.AUTH: Stage.LOGIN,
    FailureReason.EXIT_STATUS: Stage.SUDO_RULE,
    FailureReason.LOCAL: Stage.LOCAL_FILES,
    FailureReason.RESOURCES: Stage.LOCAL_FILES,
}


def stage_of(error: TransportError, *, is_connected: bool, has_shell: bool) -> Stage:
    """Return where a poll stopped, by the types of the errors."""
    if isinstance(error, JumpError):
        return Stage.JUMP_HOST
    if has_shell:
        return Stage.FORCED_COMMAND
    if isinstance(error.__cause__, asyncssh.KeyExchangeFailed):
        return Stage.ALGORITHMS
    if error.reason is FailureReason.TIMEOUT and not is_connected:
        return Stage.SERVER
    if error.reason is FailureReason.CONNECT and isinstance(error.__cause__, asyncssh.Error):
        return Stage.SERVER
    return _BY_REASON.get(error.reason, Stage.GATE)


def before(stage: Stage) -> tuple[Stage, ...]:
    """Return the parts that a poll has passed when it stops at one."""
    stages = tuple(Stage)
    return stages[: stages.index(stage)]


def after(stage: Stage) -> tuple[Stage, ...]:
    """Return the parts that it did not reach."""
    stages = tuple(Stage)
    return stages[stages.index(stage) + 1 :]
