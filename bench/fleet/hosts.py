"""Many hosts in one process: a real SSH server behind as many loopback addresses, with canned replies of protocol 2.

Arguments: the number of hosts, and the directory for key files. Prints its port once it listens.
"""

import asyncio
import sys
from pathlib import Path
from typing import Final

import asyncssh

from boks_exporter.simulator.listener import new_key, write_user_key

TABLES: Final = 30
_WRITES_A_SECOND: Final = 0.2
_ADDRESS: Final = "127.{}.{}.{}"
_FIRST_NETWORK: Final = 79


def address(number: int) -> str:
    """Return a host's address; hosts count from 0, and the first one is the master."""
    return _ADDRESS.format(_FIRST_NETWORK, number // 200, 1 + number % 200)


def name(number: int) -> str:
    """Return a host's name."""
    return f"HOST{number}"


def _number(at: str) -> int:
    _, _, group, own = at.split(".")
    return int(group) * 200 + int(own) - 1


def _sections(number: int, count: int, written: int) -> dict[str, list[str]]:
    """Print what a host's commands print after so many updates."""
    own = [5053 + table + (written if table == 0 else 0) for table in range(TABLES)]
    texts = {
        "role": [f"BOKSINIT={'server' if number else 'master'}", "SHM_SIZE=16000"],
        "sequence": [f"T{table} 13678d 8:33:46 {at} ({at})" for table, at in enumerate(own)],
        "memory": ["Total: 1023968, Free: 949824, Used: 74144, Largest free: 944896"],
        "errlog": ["lines=2", "> first", "> second"],
        "checksums": ["method.conf 1 2"],
    }
    if not number:
        rows = [f"{name(each)} 00:49 136D 22:21:35 04:49 526392 OK" for each in range(1, count)]
        heads = ["SERVER  SINCE LAST  SINCE LAST  SINCE LAST  COUNT  LAST", "        PCKT  FAIL  SYNC  STATUS"]
        texts |= {"list": heads + rows, "queue": ["files=0"]}
    return texts


def reply(line: str, number: int, count: int, written: int) -> bytes:
    """Answer one request as the gate of a host in a domain of `count` hosts."""
    _, nonce, *words = line.split()
    words = words[2:] if words[0] == "loop" else words
    texts = _sections(number, count, written)
    lines = [f"={nonce} boks-gate/2 version=2.0.0 host={name(number)} boks_init=77 started=1700000000"]
    for word in words:
        lines += [f"={nonce} section {word}", *texts.get(word, [])]
        lines.append(f"={nonce} end {word} {'exit=0' if word in texts else 'skipped=not_master'}")
    return "\n".join([*lines, f"={nonce} done sections={len(words)}", ""]).encode()


class _Gate(asyncssh.SSHServerSession[bytes]):
    def __init__(self, number: int, count: int) -> None:
        self.number, self.count, self.rest = number, count, b""

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        self.channel = chan

    def exec_requested(self, command: str) -> bool:
        return command == "boks-gate/2"

    def data_received(self, data: bytes, datatype: int | None) -> None:
        del datatype
        *lines, self.rest = (self.rest + data).split(b"\n")
        written = int(asyncio.get_running_loop().time() * _WRITES_A_SECOND)
        for line in lines:
            self.channel.write(reply(line.decode(), self.number, self.count, written))


class _Server(asyncssh.SSHServer):
    def __init__(self, count: int) -> None:
        self.count = count

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self.number = _number(conn.get_extra_info("sockname")[0])

    def session_requested(self) -> _Gate:
        return _Gate(self.number, self.count)


async def main() -> None:
    """Serve until standard input ends."""
    count, directory = int(sys.argv[1]), Path(sys.argv[2])
    user, host = new_key(), new_key()
    write_user_key(user, directory / "id")
    (directory / "authorized").write_bytes(user.export_public_key())
    listener = await asyncssh.create_server(
        lambda: _Server(count),
        "0.0.0.0",  # noqa: S104 - every address of the loopback network
        0,
        server_host_keys=[host],
        authorized_client_keys=str(directory / "authorized"),
        encoding=None,
        login_timeout=120,
        backlog=1024,
    )
    public = host.export_public_key().decode().strip()
    known = (f"[{address(number)}]:{listener.get_port()} {public}\n" for number in range(count))
    (directory / "known_hosts").write_text("".join(known))
    sys.stdout.write(f"{listener.get_port()}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)


if __name__ == "__main__":
    asyncio.run(main())
