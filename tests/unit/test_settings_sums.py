"""Check sums of settings, which must be equal on all servers whatever gate each of them has."""

import pytest

from boks_exporter.model import Checksums
from boks_exporter.parsing.checksums import cksum, parse_checksums, with_settings
from boks_exporter.parsing.env import parse_env


@pytest.mark.parametrize(
    ("data", "printed"),
    [(b"", 4294967295), (b"16000\n", 2447659645), (b"10.0.0.1 10.0.0.2\n", 4141980411), (b"x" * 70_000, 4215398528)],
)
def test_a_sum_is_the_one_that_cksum_prints(data: bytes, printed: int) -> None:
    assert cksum(data) == printed


def sums(env: str, printed: str = "") -> dict[str, str]:
    return dict(with_settings(parse_checksums(printed), parse_env(env)).by_name)


def test_settings_are_summed_as_a_shell_reads_them() -> None:
    """How a value is quoted, and what stood there before, makes no other sum; another value does."""
    first, *same, other = (
        sums(f"BOKSINIT=client\n{lines}\n")
        for lines in (
            "SHM_SIZE=16000\nBRIDGE_ACCEPT_MASTER_IPS=192.0.2.1 192.0.2.2",
            "export SHM_SIZE='16000' # kB\nBRIDGE_ACCEPT_MASTER_IPS=\"192.0.2.1 192.0.2.2\"  ",
            "SHM_SIZE=8000\nSHM_SIZE=\"16000\"\nBRIDGE_ACCEPT_MASTER_IPS='192.0.2.1 192.0.2.2'",
            "SHM_SIZE=16001\nBRIDGE_ACCEPT_MASTER_IPS=192.0.2.1",
        )
    )
    assert same == [first, first]
    assert [name for name in first if first[name] != other[name]] == ["SHM_SIZE", "BRIDGE_ACCEPT_MASTER_IPS"]


def test_what_a_gate_has_summed_up_is_kept() -> None:
    """An older gate sends the same sum; what its host does not have has none."""
    assert sums("BOKSINIT=server\nSHM_SIZE=16000", "method.conf 1 2\n") == {
        "method.conf": "1",
        "SHM_SIZE": "2447659645",
    }
    assert sums("BOKSINIT=server\nSHM_SIZE=16000", "SHM_SIZE 7 6\n") == {"SHM_SIZE": "7"}
    assert with_settings(Checksums(()), parse_env("BOKSINIT=server\n")).by_name == ()
