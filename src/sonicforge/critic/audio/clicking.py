"""Check 12 (sound): clicks in the finished sound."""

from sonicforge.critic.clicks import click_times, crackles, scheduled_onsets
from sonicforge.critic.grade import Check, Measure, graded, skipped
from sonicforge.critic.listening import Listening
from sonicforge.critic.verdict import Finding

CHECK = Check(12, "clicks")

WARN_PER_MINUTE, FAIL_PER_MINUTE = 2.0, 10.0


def clicks(listening: Listening) -> Finding:
    """Clicks a minute; where a texture of the genre crackles by design, its other stems are listened to instead."""
    audio = listening.hearing.audio
    if listening.genre is not None and crackles(listening.genre):
        return skipped(CHECK, "the texture of this genre crackles; clicks are looked for in the other stems")
    onsets = None
    if listening.score is not None and listening.clock is not None:
        onsets = scheduled_onsets(listening.score, listening.clock) - listening.cut_s
    return graded(CHECK, click_rate(len(click_times(audio, onsets)), audio.duration_s))


def click_rate(count: int, duration_s: float) -> Measure:
    """So many clicks in so many seconds, against the limits a minute; under a minute counts as one."""
    return Measure(
        key="clicks_per_minute",
        words="the number of clicks a minute",
        value=count / max(duration_s / 60, 1.0),
        warn_above=WARN_PER_MINUTE,
        fail_above=FAIL_PER_MINUTE,
    )
