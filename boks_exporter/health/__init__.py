"""Verdicts on every host, site and domain, each with its reason."""

from boks_exporter.health.domain import DomainHealth
from boks_exporter.health.hosts import HostVerdict
from boks_exporter.health.judgement import Judgement, LastRound, judge_again, judge_continued, judge_once, judge_round
from boks_exporter.health.redundancy import GroupHealth, GroupKind, GroupVerdict
from boks_exporter.health.states import PRECEDENCE, DomainState, ReplicaState
from boks_exporter.health.thresholds import Thresholds
from boks_exporter.health.timeline import HostTimeline, LastKnown, StateChange, StateSpan, Timeline, extended
from boks_exporter.health.timeline_json import dump_timeline, restore_timeline
