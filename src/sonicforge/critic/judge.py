"""The critic's doors: judge a score before it sounds, stems while they are mixed, and finished sound of any origin."""

from collections.abc import Mapping, Sequence
from typing import Any

from sonicforge.critic.audio.digital import digital_health
from sonicforge.critic.checks import AUDIO_CHECKS, SCORE_CHECKS, STEM_CHECKS
from sonicforge.critic.hearing import hear
from sonicforge.critic.listening import Listening
from sonicforge.critic.reading import Reading
from sonicforge.critic.stem_facts import StemFacts, Stems
from sonicforge.critic.stems.aliasing import hash_levels
from sonicforge.critic.stems.clicking import stem_clicks
from sonicforge.critic.stems.low_end import low_signal
from sonicforge.critic.stems.machine_gun import likeness
from sonicforge.critic.verdict import Finding, hopeless
from sonicforge.genres.genre import Genre
from sonicforge.music.score import Score
from sonicforge.music.time import Clock
from sonicforge.sound.audio import Audio
from sonicforge.sound.stages import Master

__all__ = ["hear_stem", "hopeless", "judge_audio", "judge_score", "judge_stems"]


def judge_score(score: Score, genre: Genre) -> tuple[Finding, ...]:
    """What can be said before a note sounds: groove, touch, repetition, change, harmony, voicing, melody, identity."""
    reading = Reading(score, genre)
    return tuple(check(reading) for check in SCORE_CHECKS)


def hear_stem(stem: str, audio: Audio, score: Score, genre: Genre) -> StemFacts:
    """The facts of one dry stem, a few hundred kilobytes at most; pure, so stems may be heard in threads.

    The stem begins at the first tick of the score.
    """
    clock = Clock.of(score)
    return StemFacts(
        stem=stem,
        duration_s=audio.duration_s,
        likeness=likeness(stem, audio, score, clock),
        low=low_signal(stem, audio, score),
        hash_db=hash_levels(stem, audio, score, genre, clock),
        clicks=stem_clicks(stem, audio, score, genre, clock),
    )


def judge_stems(
    facts: Sequence[StemFacts], decision: Mapping[str, Any], score: Score, genre: Genre
) -> tuple[Finding, ...]:
    """Judge all stems together, behind the faders and side-chains of the mix `decision` (may be empty)."""
    stems = Stems(tuple(facts), decision, score, genre)
    return tuple(check(stems) for check in STEM_CHECKS)


def judge_audio(
    audio: Audio,
    genre: Genre | None = None,
    score: Score | None = None,
    master: Master | None = None,
    clock: Clock | None = None,
    *,
    station_lufs: float | None = None,
) -> tuple[Finding, ...]:
    """Judge finished sound, ours or anybody's: what needs a genre, score or master is skipped where it is not given.

    `station_lufs` is the level after a station's trim, which replaces the genre's loudness. Sound with samples that are
    not finite fails the first check and is not judged further.
    """
    if score is not None and clock is None:
        clock = Clock.of(score)
    listening = Listening(hear(audio), genre, score, master, clock, station_lufs)
    if listening.hearing.faults:
        return (digital_health(listening),)
    return tuple(check(listening) for check in AUDIO_CHECKS)
