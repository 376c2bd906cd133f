"""Markers of a genre in drums and bass: what must be on which step, and what must never be."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from sonicforge.critic.reading import Reading
from sonicforge.critic.score.bars import bars_of, body, body_steps, notes_per_bar, share_with, steps_by_bar
from sonicforge.critic.score.melody import covered
from sonicforge.critic.score.repetition import longest_run, whole_bars
from sonicforge.critic.score.swing import deviations_ms, measured_swing
from sonicforge.music.pitch import hertz
from sonicforge.music.score import STEP, TICKS

Marker = Callable[[Reading, Any], str]
"""Says what is missing, or "" when the marker is there (or cannot be heard in this score)."""

MATCH = 0.7
FOUR = frozenset({0, 4, 8, 12})
SWING_SLACK = 0.5
STRAIGHT_BELOW = 52.0
_MOST_FOUR_SHARE = 0.3


def kick(reading: Reading, steps: Sequence[int]) -> str:
    bars = body_steps(reading, "k")
    found = share_with(bars, steps, reading.genre.identity.get("kick_alt", ()))
    return "" if found >= MATCH else f"the kick matches its grid by only {found:.2f}"


def backbeat(reading: Reading, steps: Sequence[int]) -> str:
    bars = body_steps(reading, "s")
    found = share_with(bars, steps, reading.genre.identity.get("backbeat_alt", ()))
    if not steps or not body(reading, "s"):
        return ""
    if not bars:
        return "no snare or clap plays"
    return "" if found >= MATCH else f"the backbeat is hit by only {found:.2f}"


def offbeat_hat(reading: Reading, steps: Sequence[int]) -> str:
    bars = body_steps(reading, "h")
    found = share_with(bars, steps) if bars else 0.0
    return "" if found >= MATCH else f"the off-beat hat is there by only {found:.2f}"


def four_on_floor_share(reading: Reading) -> float:
    """Share of the body's bars with a kick on every beat."""
    bars = body_steps(reading, "k")
    return float(np.mean([bar >= FOUR for bar in bars])) if bars else 0.0


def no_four_on_floor(reading: Reading, _wanted: bool) -> str:
    share = four_on_floor_share(reading)
    return f"{share:.0%} of the bars have a straight four-on-the-floor kick" if share > _MOST_FOUR_SHARE else ""


def four_on_floor(reading: Reading, wanted: bool) -> str:
    if not wanted:
        return no_four_on_floor(reading, wanted)
    return "" if four_on_floor_share(reading) >= MATCH else "the kick is not four-on-the-floor"


def four_on_floor_bars(reading: Reading, most: float) -> str:
    steps = steps_by_bar(reading, reading.of_code("k"))
    run = longest_run([True if steps.get(bar, set()) >= FOUR else None for bar in range(reading.bars)])
    return f"the kick is four-on-the-floor for {run} bars" if run > most else ""


def loud_four_on_floor(reading: Reading, velocity: float) -> str:
    loud = [voice.where(voice.velocity > velocity) for voice in reading.of_code("k")]
    bars = [bar for bar, steps in steps_by_bar(reading, loud).items() if steps >= FOUR]
    return f"{len(bars)} bars have a loud four-on-the-floor kick" if len(bars) > 2 else ""


def swing(reading: Reading, wanted: Sequence[float]) -> str:
    found = measured_swing(reading, human=False)
    low, high = wanted
    if (
        found is None
        or low - SWING_SLACK <= found <= high + SWING_SLACK
        or (_straight(reading) and found <= STRAIGHT_BELOW)
    ):
        return ""
    return f"the swing is {found:.1f} %, outside {low:g}..{high:g} %"


def swing_over(reading: Reading, most: float) -> str:
    found = measured_swing(reading, human=False)
    return f"the beat swings by {found:.1f} %" if found is not None and found > most + SWING_SLACK else ""


def _straight(reading: Reading) -> bool:
    """Whether this genre has straight forms, such as a bossa."""
    return bool(reading.genre.identity.get("straight_forms"))


def snare_lag(reading: Reading, wanted: Sequence[float]) -> str:
    percent = measured_swing(reading, human=False) or reading.genre.swing.percent
    snares = [voice.where(~voice.ghost) for voice in reading.of_code("s")]
    lags = [deviations_ms(reading, voice, percent) for voice in snares if voice.count]
    if not lags:
        return ""
    found = float(np.median(np.concatenate(lags)))
    return (
        "" if wanted[0] <= found <= wanted[1] else f"the snare lags {found:.1f} ms, not {wanted[0]:g}..{wanted[1]:g} ms"
    )


def ghosts_per_bar(reading: Reading, least: float) -> str:
    sections = body(reading, "s")
    bars = len(bars_of(reading, sections))
    ghosts = sum(int(v.between(s.start, s.end).ghost.sum()) for s in sections for v in reading.of_code("sp"))
    return "" if not bars or ghosts >= least * bars else f"only {ghosts / bars:.1f} ghost notes a bar"


def shuffled_hats(reading: Reading, _wanted: bool) -> str:
    bars = body_steps(reading, "h")
    straight = float(np.mean([len(bar & {0, 2, 4, 6, 8, 10, 12, 14}) >= 7 for bar in bars])) if bars else 0.0
    return f"{straight:.0%} of the hat bars are straight 8ths" if straight > 0.5 else ""


def hat_rolls(reading: Reading, _banned: bool) -> str:
    rolls = sum(int((voice.start % STEP == STEP // 2).sum()) for voice in reading.of_code("h"))
    return f"hats roll in 32nds ({rolls} notes)" if rolls > reading.bars // 8 else ""


def ride_or_sixteenths(reading: Reading, _wanted: bool) -> str:
    hats = reading.of_code("h")
    loud = reading.loud_sections
    ride = any("ride" in v.part.voice and v.between(s.start, s.end).count for v in hats for s in loud)
    busy = notes_per_bar(hats, loud, reading.bar) >= 12
    return "" if ride or busy else "neither ride nor 16th hats in the peak"


def ride_or_brush(reading: Reading, _wanted: bool) -> str:
    voices = [voice.part.voice for voice in reading.of_code("hsp")]
    words = ("ride", "brush", "shaker") if _straight(reading) else ("ride", "brush")
    return "" if any(word in voice for voice in voices for word in words) else "no ride or brush"


def hat_foot(reading: Reading, beats: Sequence[int]) -> str:
    feet = [voice for voice in reading.of_code("h") if "foot" in voice.part.voice]
    if not feet:
        return ""
    steps = [4 * (beat - 1) for beat in beats]
    found = share_with([bar for bar in steps_by_bar(reading, feet).values() if bar], steps)
    return "" if found >= MATCH else f"the hat foot keeps {beats} by only {found:.2f}"


def bass_rests(reading: Reading, least: float) -> str:
    """Rests of the bass in the bars in which it plays."""
    voices = reading.of_code("b") or reading.of_code("u")
    if not voices:
        return ""
    start = np.concatenate([voice.start for voice in voices])
    end = np.concatenate([voice.end for voice in voices])
    bars = {int(bar) for bar in start // reading.bar} | {int(bar) for bar in (end - 1) // reading.bar}
    rests = 1 - covered(start, end, reading.score.length) / (len(bars) * reading.bar)
    return "" if rests >= least else f"the bass rests only {rests:.0%} of the time"


def bass_off_kick(reading: Reading, least: float) -> str:
    kicks = {int(tick) for voice in reading.of_code("k") for tick in voice.start}
    onsets = [int(tick) for voice in reading.of_code("b") for tick in voice.start]
    if not kicks or not onsets:
        return ""
    share = float(np.mean([tick not in kicks for tick in onsets]))
    return "" if share >= least else f"only {share:.0%} of the bass onsets are off the kick"


def bass_steps_least(reading: Reading, least: float) -> str:
    found = notes_per_bar(reading.of_code("b"), body(reading, "b"), reading.bar)
    return "" if found >= least else f"the bass plays only {found:.1f} notes a bar"


def bass_steps_banned(reading: Reading, steps: Sequence[int]) -> str:
    bars = body_steps(reading, "b")
    share = float(np.mean([bool(bar & set(steps)) for bar in bars])) if bars else 0.0
    return f"the bass begins on step {steps[0]} in {share:.0%} of the bars" if share > _MOST_FOUR_SHARE else ""


def bass_lfo(reading: Reading, _banned: bool) -> str:
    moved = any(note.lfo_beats > 0 for voice in reading.of_code("bu") for note in voice.part.notes)
    return "the bass wobbles" if moved else ""


def bass_lfo_or_sub_line(reading: Reading, wanted: bool) -> str:
    line = {int(pitch) for voice in reading.of_code("u") for pitch in voice.pitch}
    return "" if bass_lfo(reading, wanted) or len(line) > 1 else "neither a modulated bass nor a sub line"


def bass_voices(reading: Reading, least: int) -> str:
    found = {voice.part.voice for voice in reading.of_code("b")}
    return "" if len(found) >= least else f"only {len(found)} bass voice"


def bass_patterns(reading: Reading, _names: Sequence[str]) -> str:
    """Walking, two-feel or bossa bass: at least two notes a bar where it plays most."""
    found = notes_per_bar(reading.of_code("b"), body(reading, "b"), reading.bar)
    return "" if found >= 1.5 else f"the bass plays only {found:.1f} notes a bar"


def sub_below(reading: Reading, most_hz: float) -> str:
    lowest = min((int(voice.pitch.min()) for voice in reading.of_code("u")), default=128)
    return "" if hertz(lowest) <= most_hz else f"the sub goes no lower than {hertz(lowest):.0f} Hz"


def identical_bars(reading: Reading, most: int) -> str:
    run = longest_run(whole_bars(reading))
    return f"{run} bars in a row are identical" if run > most else ""


def onsets_per_second(reading: Reading, most: float) -> str:
    ticks = {int(tick) // (TICKS // 16) for voice in reading.voices if voice.code != "x" for tick in voice.start}
    found = len(ticks) / (60 * reading.minutes)
    return f"{found:.1f} onsets a second" if found > most else ""


MARKERS: Mapping[str, Marker] = {
    "kick": kick,
    "backbeat": backbeat,
    "offbeat_hat": offbeat_hat,
    "four_on_floor": four_on_floor,
    "swing": swing,
    "snare_lag_ms": snare_lag,
    "ride_or_brush": ride_or_brush,
    "hat_foot_beats": hat_foot,
    "onsets_per_s_max": onsets_per_second,
}
NEEDS: Mapping[str, Marker] = {
    "ghosts_per_bar_min": ghosts_per_bar,
    "shuffled_hats": shuffled_hats,
    "ride_or_16th_hats": ride_or_sixteenths,
    "bass_rests_min": bass_rests,
    "bass_off_kick_min": bass_off_kick,
    "bass_steps_min": bass_steps_least,
    "bass_lfo_or_sub_line": bass_lfo_or_sub_line,
    "bass_voices_min": bass_voices,
    "bass_patterns": bass_patterns,
    "sub_below_hz": sub_below,
}
BANS: Mapping[str, Marker] = {
    "four_on_floor": no_four_on_floor,
    "four_on_floor_bars_over": four_on_floor_bars,
    "four_on_floor_velocity_over": loud_four_on_floor,
    "swing_over": swing_over,
    "hat_rolls": hat_rolls,
    "bass_steps": bass_steps_banned,
    "bass_lfo": bass_lfo,
    "identical_bars_over": identical_bars,
}
