"""Techno rumble: kick -> mono reverb -> steep low-pass -> drive, pushed down by the kick itself.

Everything in it lies below a few hundred hertz, so it is made at 3 kHz and joined by curves.
"""

import math

import numpy as np
from numba import njit

from sonicforge.genres.kit import DrumVoice, Rumble
from sonicforge.music.scale import Key
from sonicforge.music.score import Part, Score
from sonicforge.music.time import Clock
from sonicforge.sound.audio import SAMPLE_RATE, Samples
from sonicforge.synth.beds.curves import dips, points
from sonicforge.synth.beds.kernels import Doubles, Integers, add_slow
from sonicforge.synth.drums.levels import amplitude
from sonicforge.synth.drums.tuning import kick_ratio
from sonicforge.synth.drums.voice import Strike, render_hit

FACTOR = 16
RATE = SAMPLE_RATE / FACTOR
LOOPS_MS = (29.7, 37.1, 41.1, 43.7, 53.3, 61.1)


def render_rumble(out: Samples, part: Part, rumble: Rumble, kick: DrumVoice, score: Score, clock: Clock) -> None:
    """Adds the rumble to the first row of `out`: fed by the kicks of the score while the part has notes.

    Without kicks the part's own notes feed it.
    """
    if not part.notes:
        return
    kicks = [note for other in score.parts if other.drums and other.code == "k" for note in other.notes]
    feeding = [clock.second(note.start) for note in kicks or part.notes]
    slow = np.zeros(out.shape[1] // FACTOR + 8, np.float32)
    hit = _slowed(render_hit(kick, Strike(seed=0, ratio=kick_ratio(kick, Key.parse(score.key)))))
    for time in _within(feeding, part, score, clock):
        first = int(time * RATE)
        piece = slow[first : first + hit.size]
        piece += hit[: piece.size]
    loops = np.array([round(ms * RATE / 1000.0) for ms in LOOPS_MS], np.int64)
    feedback = np.array([10.0 ** (-3.0 * loop / (rumble.t60_s * RATE)) for loop in loops])
    reverberate(slow, loops, feedback, rumble.lowpass_hz / RATE, amplitude(rumble.drive_db))
    gain = dips(feeding, points(out.shape[1]), rumble.duck_db, rumble.release_ms / 1000.0)
    add_slow(out[0], np.zeros_like(out[0]), slow, FACTOR, gain)


def _within(times: list[float], part: Part, score: Score, clock: Clock) -> list[float]:
    """The kicks that fall into bars in which the part plays."""
    bars = {note.start // score.bar for note in part.notes}
    spans = [(clock.second(bar * score.bar), clock.second((bar + 1) * score.bar)) for bar in sorted(bars)]
    return [time for time in times if any(first - 1e-3 <= time < last for first, last in spans)]


def _slowed(hit: Samples) -> Samples:
    """Every 16th sample behind a running mean of 16: enough for what ends at 110 Hz."""
    whole = hit[: hit.size // FACTOR * FACTOR].reshape(-1, FACTOR)
    return np.asarray(whole.mean(axis=1), np.float32)


@njit(cache=True, nogil=True, fastmath=True)
def reverberate(x: Samples, loops: Integers, feedback: Doubles, lowpass: float, drive: float) -> None:
    """Parallel feedback combs, a fourth-order low-pass, tanh and a second low-pass, in place."""
    count = loops.size
    memory = np.zeros((count, loops.max()), np.float32)
    place = np.zeros(count, np.int64)
    g = math.tan(math.pi * lowpass)
    state = np.zeros((3, 2))
    for i in range(x.size):
        total = 0.0
        for m in range(count):
            delayed = memory[m, place[m]]
            memory[m, place[m]] = x[i] + feedback[m] * delayed
            place[m] = place[m] + 1 if place[m] + 1 < loops[m] else 0
            total += delayed if m % 2 == 0 else -delayed
        y = total / math.sqrt(count)
        for stage in range(3):
            k = (1.8478, 0.7654, 1.4142)[stage]
            if stage == 2:
                y = math.tanh(drive * y)
            a = 1.0 / (1.0 + g * (g + k))
            v = y - state[stage, 1]
            band, under = a * state[stage, 0] + g * a * v, state[stage, 1] + g * a * state[stage, 0] + g * g * a * v
            state[stage, 0], state[stage, 1] = 2.0 * band - state[stage, 0], 2.0 * under - state[stage, 1]
            y = under
        x[i] = y
