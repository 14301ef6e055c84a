"""Judge every round of one history: each host, each condition, each way of looking."""

from collections.abc import Mapping
from dataclasses import replace

from bench.verdicts.baselines import (
    LIST_ONLY,
    OF_THE_DIFFERENCE,
    OF_THE_LIST,
    OURS,
    TOLERANCES,
    by_difference,
    by_list,
    methods,
    one_shot,
)
from bench.verdicts.copies import Copies, Fault
from bench.verdicts.copy_truth import Origins, verdict_of
from bench.verdicts.doubtful_copies import DoubtfulCopies
from bench.verdicts.effort import effort
from bench.verdicts.event import Event
from bench.verdicts.generated_history import Story
from bench.verdicts.ground_truth_recorder import rows_of
from bench.verdicts.memory import Memory
from bench.verdicts.page import Shown, shown
from bench.verdicts.reading import Reading
from bench.verdicts.score import Key, Kind, Said, Scores, Span, Track
from bench.verdicts.truths import STATES, Claim, Condition, Round, claims_of
from boks_exporter.exposition import DomainView
from boks_exporter.health import PRECEDENCE
from boks_exporter.model import HostName, Section, Sequence, TableNumber
from boks_exporter.simulator.domain import Boksinit, SimulatedDomain
from tests.virtual.virtual_time import EPOCH

_WRITTEN_EVERY = 10
"""Every so many rounds the page is written as well, read back, and compared with its samples."""

_RANK = {str(state): rank for rank, (state, _) in enumerate(PRECEDENCE)}


def _missing_for(reading: Reading) -> float:
    """Return the age of the oldest update that a replica lacked when it was read."""
    behind = reading.apart.behind.values() if reading.apart else ()
    return reading.at - min(behind) if behind else 0.0


class Referee:
    """Keeps the truth of a history next to what is said of it."""

    def __init__(self, story: Story, domain: SimulatedDomain) -> None:
        """Begin with nothing seen."""
        self.scores = Scores()
        self._story = story
        self._domain = domain
        self._memory = Memory()
        self._doubtful = DoubtfulCopies()
        self._tracks: dict[tuple[str, Key], Track] = {}
        self._known = 0.0
        """When the round before began: a host that comes up later was not there to be judged."""
        self._masters = [(0.0, domain.masters())]
        self._events: list[float] = []
        self._given_twice: dict[TableNumber, Sequence] = {}
        self._copies = Copies(self.scores.copies)
        self._origins = Origins()
        self._named: set[HostName] = set()
        self._roles: dict[HostName, Boksinit] = {}
        """What each host was when it last answered; a second master that does not answer may still be one."""

    def note_restore(self, master: HostName) -> None:
        """Remember how far a master had come before it was restored."""
        for table, (number, _) in self._domain.hosts[master].copy.numbers(self._domain.now).items():
            self._given_twice[table] = max(number, self._given_twice.get(table, 0))

    def note_event(self, event: Event) -> None:
        """Remember when something happened, and who has been master since."""
        self._doubtful.note_event(self._domain)
        self._origins.note_event(self._domain, event)
        self._events.append(self._domain.now)
        self._masters.append((self._domain.now, self._domain.masters()))

    def exporter_restarted(self, *, keeps_state: bool) -> None:
        """Drop what the exporter dropped, and restart all measurements of delay."""
        self._known = self._domain.now
        self._tracks = {}
        if not keeps_state:
            self._memory = Memory()
            self._copies.state_lost()
            self._named = set()

    def judge(self, view: DomainView, readings: list[Reading]) -> None:
        """Judge one round by the page that shows it."""
        page = shown(view, as_text=False)
        if view.counters.rounds % _WRITTEN_EVERY == 0 and page != shown(view, as_text=True):
            message = "the page does not say what its samples say"
            raise AssertionError(message)
        at = Span(view.snapshot.started_at - EPOCH, view.snapshot.finished_at - EPOCH)
        latest = {reading.host: reading for reading in readings}
        looks = {reading.host: reading for reading in readings if Section.LIST in reading.request.sections}
        look = self._round(view, readings, looks)
        self._judge_domain(page, at, readings, looks)
        for host in view.snapshot.hosts:
            reading = looks.get(host.name) or latest[host.name]
            self._judge_host(page, reading, at)
            if reading.role is Boksinit.SERVER:
                closer = [each for each in readings if each.host == host.name and each is not reading]
                claims = self._judge_replica(page, look, reading, closer, at)
                self._judge_copy(view, look, reading, closer, claims, page)
            else:
                self._copies.forget(host.name)
        self._judge_names({host.name for host in view.snapshot.hosts}, f"at {at.began:.1f} s")
        counted = effort(view.snapshot, readings, page, self._story.thresholds.ahead_sequences)
        key = "healthy histories" if self._story.is_sound else "other histories"
        self.scores.effort.update({f"{key}: {name}": count for name, count in counted.items()})
        for reading in looks.values():
            self._memory.note(reading)
        self._known = at.began

    def _round(self, view: DomainView, readings: list[Reading], looks: Mapping[HostName, Reading]) -> Round:
        """Collect what arrived; the master is taken from the exporter's view, and checked against the truth later."""
        master = view.snapshot.master
        usable = [each for each in readings if each.arrived and each.is_readable and each.numbers is not None]
        master_readings = [each for each in usable if each.host == master and each.role is Boksinit.MASTER]
        listing = looks.get(master) if master else None
        if listing is None or not (listing.arrived and listing.is_readable and listing.rows is not None):
            listing = None
        masters = self._domain.masters()
        unseen = rows_of(self._domain, self._domain.hosts[masters[0]]) if len(masters) == 1 else None
        self._memory.learn(master, [each for each in usable if each.role is Boksinit.MASTER])
        return Round(
            master=master if master_readings else None,
            master_readings=master_readings,
            listing=listing,
            unseen_rows=unseen,
            memory=self._memory,
            thresholds=self._story.thresholds,
            interval=self._story.interval,
            given_twice=self._given_twice,
        )

    def _judge_host(self, page: Shown, reading: Reading, at: Span) -> None:
        """Judge whether a host of any role was looked at."""
        claim = Claim(holds=not (reading.arrived and reading.is_readable))
        place = f"up {page.up.get(reading.host)}; history {self._story.seed}, {reading.host} at {reading.at:.1f} s"
        said = Said(page.up.get(reading.host) is False, place=place)
        self._count((OURS, Condition.SAMPLES_NOT_UP), reading.host, claim, said, at)

    # -- replicas ------------------------------------------------------------------------------------------------------

    def _judge_replica(
        self, page: Shown, look: Round, reading: Reading, closer: list[Reading], at: Span
    ) -> Mapping[Condition, Claim]:
        """Judge what the page says of a replica, and what the other ways would have said."""
        self._doubtful.note_reading(reading)
        claims = claims_of(look, reading, closer, is_doubtful=reading.host in self._doubtful.hosts)
        state = page.state.get(reading.host) or ("ok" if page.up.get(reading.host) else "unreachable")
        true_states = {kind for kind in STATES if claims[kind].holds is not False}
        place = f"state {state}; history {self._story.seed}, {reading.host} at {reading.at:.1f} s"
        for kind in STATES:
            is_graver = state in true_states and _RANK[state] < _RANK[kind]
            self._count((OURS, kind), reading.host, claims[kind], Said(state == kind, is_graver, place), at)
        for kind, is_said in (
            (Condition.MISSING, page.missing.get(reading.host, 0.0) > 0),
            (Condition.SAMPLES_AHEAD, page.ahead.get(reading.host, 0.0) > 0),
            (Condition.SAMPLES_DOWN, page.reported.get(reading.host) == "down"),
        ):
            self._count((OURS, kind), reading.host, claims[kind], Said(is_said, place=place), at)
        self._judge_others(look, reading, claims, at)
        self._judge_ok(reading.host, state, claims)
        self._judge_lag(page, look, (reading, *closer), place)
        return claims

    def _judge_copy(
        self,
        view: DomainView,
        look: Round,
        reading: Reading,
        closer: list[Reading],
        claims: Mapping[Condition, Claim],
        page: Shown,
    ) -> None:
        """Judge what is said of the copy by the identity of its updates, and of rows that could not be read."""
        verdict = verdict_of(look, reading, closer, claims, page)
        place = f"history {self._story.seed}, {verdict.place}"
        verdict = replace(verdict, round=view.counters.rounds, origin=self._origins.of(reading.host), place=place)
        self._copies.judge(verdict)
        listed = look.listing.hidden_rows if look.listing else ()
        if verdict.state == "ok" and (look.hidden_from(reading) or reading.host in listed):
            self.scores.copies.fail(Fault.OK_UNREAD, place)
        if verdict.is_wrong:
            for method, found in methods(look, reading, is_ok=verdict.state == "ok").items():
                self.scores.copies.methods[method, found] += 1

    def _judge_names(self, names: set[HostName], place: str) -> None:
        """Require every discovered host to stay known."""
        for host in self._named - names:
            self.scores.copies.fail(Fault.FORGOTTEN, f"history {self._story.seed}, {host} {place}")
        self._named |= names

    def _judge_others(self, look: Round, reading: Reading, claims: Mapping[Condition, Claim], at: Span) -> None:
        """Judge the other ways, each on what it can be asked about."""
        said = by_list(look, reading)
        for kind in OF_THE_LIST:
            self._count((LIST_ONLY, kind), reading.host, claims[kind], Said(kind in said), at)
        for tolerance in TOLERANCES:
            said = by_difference(look, reading, tolerance)
            for kind in OF_THE_DIFFERENCE:
                self._count((one_shot(tolerance), kind), reading.host, claims[kind], Said(kind in said), at)

    def _what_is_unknown(self, host: HostName, *, wrong: bool) -> str:
        if wrong:
            return "unknown, while something was wrong"
        if host in self._doubtful.hosts:
            return "unknown, while the copy had been wrong and was not proven right"
        if self._story.hides_data:
            return "unknown, while nothing was wrong, in a history that hides data"
        return "unknown, while nothing was wrong"

    def _judge_ok(self, host: HostName, state: str, claims: Mapping[Condition, Claim]) -> None:
        """Count how often OK was said, and how often unknown, whatever was so."""
        wrong = [kind for kind in STATES if claims[kind].holds]
        self.scores.other["all verdicts on replicas"] += 1
        self.scores.other["all verdicts in histories that hide no data"] += not self._story.hides_data
        if state == "unknown":
            self.scores.other[self._what_is_unknown(host, wrong=bool(wrong))] += 1
        elif state == "ok":
            shows = [kind for kind in wrong if claims[kind].can_show]
            what = f"{wrong[0]}, which no reply could show" if wrong else "nothing was wrong"
            self.scores.other[
                f"ok, while {shows[0]}, not yet for three intervals" if shows else f"ok, while {what}"
            ] += 1

    def _judge_lag(self, page: Shown, look: Round, readings: tuple[Reading, ...], place: str) -> None:
        """Compare the lag in seconds with the age of the oldest update that is really missing, in any reading."""
        reading = readings[0]
        if reading.apart is None or reading.apart.outdated or look.master is None or not look.is_steady(reading):
            return
        if look.hidden_from(reading):
            return
        own = reading.numbers or {}
        if any(own[table][0] < look.given_twice.get(table, 0) for table in reading.apart.behind):
            return
        real = _missing_for(reading)
        if reading.host in page.lag_seconds:
            shown_lag = page.lag_seconds[reading.host]
            reals = [_missing_for(each) for each in readings if each.apart]
            error = (shown_lag - min(max(shown_lag, min(reals)), max(reals))) / self._story.interval
            self.scores.lag_errors.append(error)
            if abs(error) > 1:
                self.scores.examples.append(f"lag off by {error:.2f} intervals, real {real:.0f} s; {place}")
        elif real > self._story.interval and reading.arrived and reading.is_readable:
            self.scores.lag_withheld += 1

    # -- the domain ----------------------------------------------------------------------------------------------------

    def _judge_domain(self, page: Shown, at: Span, readings: list[Reading], looks: Mapping[HostName, Reading]) -> None:
        """Judge what is said of the masters; the other ways cannot be asked about them."""
        during = self._masters_during(at)
        answered = {each.host for each in looks.values() if each.arrived and each.role is Boksinit.MASTER}
        several = [len(masters) > 1 for masters in during]
        for each in looks.values():
            if each.arrived:
                self._roles[each.host] = each.role
        silent = {host for host, role in self._roles.items() if role is Boksinit.MASTER} - answered
        is_open = bool(answered) and len(during) > 1
        claims = {
            Condition.SPLIT_BRAIN: Claim(
                holds=True if all(several) else None if any(several) or silent else False, can_show=len(answered) > 1
            ),
            Condition.NO_MASTER: Claim(
                holds=None if is_open else not answered, can_show=any(each.arrived for each in readings)
            ),
        }
        place = f"domain {page.domain_state}; history {self._story.seed} at {at.began:.1f} s"
        for kind, state in ((Condition.SPLIT_BRAIN, "several_masters"), (Condition.NO_MASTER, "no_master")):
            self._count((OURS, kind), "", claims[kind], Said(page.domain_state == state, place=place), at)
        if page.domain_state == "no_master" and all(during):
            self.scores.other["no master, while one was alive and did not answer"] += 1
        self.scores.round_lengths.append(at.published - at.began)

    def _masters_during(self, at: Span) -> list[tuple[HostName, ...]]:
        """List who was master at each instant of a round."""
        before = [masters for since, masters in self._masters if since <= at.began]
        return [before[-1], *(masters for since, masters in self._masters if at.began < since <= at.published)]

    def _count(self, key: Key, host: HostName, claim: Claim, said: Said, at: Span) -> None:
        track = self._tracks.get((host, key))
        if track is None:
            track = Track(key, self._story.interval, self._known, quiet_at=self._known, events=self._events)
            self._tracks[host, key] = track
        found = track.judge(claim, said, at, self.scores)
        self.scores.count(key, found, said.place)
        if self._story.is_sound:
            self.scores.healthy[key] += 1
            self.scores.healthy_alarms[key] += found is Kind.FALSE_POSITIVE
