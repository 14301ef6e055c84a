"""Pauses after refused logins and host keys."""

import random
from itertools import accumulate, pairwise

import pytest

from boks_exporter.errors import FailureReason, TransportError
from boks_exporter.remote.settings import SshSettings
from boks_exporter.transport.ssh.backoff import Backoff, PausedError


class Fixed(random.Random):
    """Jitter at a fixed share of its range."""

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def uniform(self, a: float, b: float) -> float:
        return a + (b - a) * self.share


def refused(reason: FailureReason = FailureReason.AUTH) -> TransportError:
    return TransportError(reason, "permission denied")


def pauses(backoff: Backoff, count: int) -> list[float]:
    """Fail at the end of each pause, and return the pauses."""
    now, found = 0.0, []
    for _ in range(count):
        backoff.check(now)
        backoff.failed(refused(), now)
        found.append(backoff.until - now)
        now = backoff.until
    return found


def test_pauses_double_up_to_the_limit_and_attempts_never_end() -> None:
    """Each refusal doubles the pause, up to the limit, and after each pause there is another attempt."""
    assert pauses(Backoff(30, 600, Fixed(0.0)), 8) == pytest.approx([30, 60, 120, 240, 480, 600, 600, 600])


@pytest.mark.parametrize(("share", "first"), [(0.0, 30.0), (1.0, 36.0)])
def test_pauses_are_spread_upwards_by_a_fifth(share: float, first: float) -> None:
    """Hosts that refused together are not retried together."""
    assert pauses(Backoff(30, 600, Fixed(share)), 1) == pytest.approx([first])


def test_no_pause_is_longer_than_the_limit() -> None:
    """Jitter does not exceed the configured limit."""
    assert max(pauses(Backoff(30, 600, Fixed(1.0)), 50)) <= 600.001


def test_a_pause_repeats_the_reason_and_shows_when_the_next_attempt_is() -> None:
    """During a pause the failure shows the cause and the time of the next attempt."""
    backoff = Backoff(30, 600, Fixed(0.0))
    backoff.failed(refused(FailureReason.AUTH), 100.0)
    with pytest.raises(PausedError) as paused:
        backoff.check(110.0)
    assert (paused.value.reason, paused.value.detail) == (
        FailureReason.AUTH,
        "permission denied; next attempt in 20 s",
    )


def test_a_pause_is_no_new_failure() -> None:
    """Rounds that pass during a pause do not make it longer."""
    backoff = Backoff(30, 600, Fixed(0.0))
    backoff.failed(refused(), 0.0)
    with pytest.raises(PausedError) as paused:
        backoff.check(10.0)
    backoff.failed(paused.value, 10.0)
    backoff.check(30.0)
    assert (backoff.failures, backoff.until) == (1, pytest.approx(30.0))


def test_a_success_clears_all_failures() -> None:
    """After a successful exchange the next refusal starts with the shortest pause."""
    backoff = Backoff(30, 600, Fixed(0.0))
    pauses(backoff, 5)
    backoff.succeeded()
    assert pauses(backoff, 1) == pytest.approx([30])


@pytest.mark.parametrize("reason", [reason for reason in FailureReason if reason is not FailureReason.AUTH])
def test_other_failures_lead_to_no_pause(reason: FailureReason) -> None:
    """A host that was down is polled again in the next round."""
    backoff = Backoff(30, 600, Fixed(0.0))
    backoff.failed(refused(reason), 0.0)
    backoff.check(0.0)
    assert backoff.failures == 0


def test_the_defaults_are_four_attempts_in_ten_minutes_and_one_within_two_and_a_half() -> None:
    """Every window of ten minutes has four attempts at most, and a repair on the host is found within 150 s."""
    settings = SshSettings(user="boksmon")
    backoff = Backoff(settings.backoff_initial_seconds, settings.backoff_limit_seconds, Fixed(0.5))
    attempts = list(accumulate(pauses(backoff, 50), initial=0.0))
    for first in attempts:
        assert sum(first <= each < first + 600 for each in attempts) <= 4
    assert max(later - earlier for earlier, later in pairwise(attempts)) <= 150


def test_a_change_of_a_local_file_ends_the_pause() -> None:
    """A new key is worth an attempt at once, and the pauses begin with the shortest one again."""
    backoff = Backoff(30, 600, Fixed(0.0))
    backoff.failed(refused(), 0.0, rests_on="old key")
    with pytest.raises(PausedError):
        backoff.check(1.0, rests_on="old key")
    backoff.check(1.0, rests_on="new key")
    assert (backoff.failures, backoff.is_paused(1.0)) == (0, False)


def test_a_failed_jump_host_is_paused_shortly_for_every_reason() -> None:
    """The other hosts behind it fail with the same reason and without an attempt of their own."""
    backoff = Backoff(30, 600, Fixed(0.0))
    backoff.failed_for_all(refused(FailureReason.TIMEOUT), 0.0, 20.0)
    with pytest.raises(PausedError) as paused:
        backoff.check(19.0)
    backoff.failed_for_all(paused.value, 19.0, 20.0)
    backoff.check(20.0)
    assert paused.value.reason is FailureReason.TIMEOUT
