"""`mix`: stems -> mixdown. Decide every channel, process it, sum, finish."""

from collections.abc import Iterable, Mapping
from typing import Any

from sonicforge.genres.genre import Genre
from sonicforge.mix.decide import decide_stem
from sonicforge.mix.decision import BusDecision, StemDecision
from sonicforge.mix.desk import Desk
from sonicforge.music.score import Score
from sonicforge.sound.stages import Mixdown, Stems


def mix(stems: Stems, score: Score, genre: Genre, *, start: int = 0) -> Mixdown:
    """Mix stems of one length and rate by the genre's rules. Stems are summed in the order of the score.

    `start` is the tick at which the audio begins.
    """
    decisions = {stem: decide_stem(stem, stems[stem], score, genre, start=start) for stem in _order(stems, score)}
    return _mixed(stems, decisions, score, genre, None, start)


def replay(stems: Stems, decision: Mapping[str, Any], score: Score, genre: Genre, *, start: int = 0) -> Mixdown:
    """Mix stems as a recorded (or edited) `Mixdown.decision` says; the same decision gives the same samples."""
    decisions = {stem: StemDecision.from_json(data) for stem, data in decision["stems"].items()}
    return _mixed(stems, decisions, score, genre, BusDecision.from_json(decision["bus"]), start)


def _mixed(
    stems: Stems,
    decisions: Mapping[str, StemDecision],
    score: Score,
    genre: Genre,
    bus: BusDecision | None,
    start: int,
) -> Mixdown:
    first = next(iter(stems.values()))
    desk = Desk(score, genre, first.length, first.sample_rate, start=start, bus=bus)
    for stem, decision in decisions.items():
        desk.add(desk.channel(stem, stems[stem], decision))
    return desk.finish()


def _order(stems: Iterable[str], score: Score) -> list[str]:
    """The score's order first, then whatever else there is."""
    known = [stem for stem in score.stems() if stem in set(stems)]
    return known + [stem for stem in stems if stem not in known]
