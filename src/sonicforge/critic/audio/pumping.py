"""Check 11: does the limiter breathe against the beat?"""

import numpy as np

from sonicforge.critic.grade import Check, Measure, graded, skipped
from sonicforge.critic.hearing import Floats
from sonicforge.critic.listening import Listening
from sonicforge.critic.verdict import Finding

CHECK = Check(11, "limiter_pumping")

P95_WARN_DB, P95_FAIL_DB = 3.5, 7.0
UNLOCKED_FAIL_DB = 2.0
BAND_HZ = (2.0, 8.0)
_STEPS = 16
_LONGEST_CYCLE = 4


def limiter_pumping(listening: Listening) -> Finding:
    """95th percentile of the limiter's gain reduction, and its 2-8 Hz movement that does not follow the bars.

    What repeats with the bars (in cycles of four, two or one, as long as a section has four of them) is the music; the
    rest of the movement between 2 and 8 Hz is pumping. The curve comes from the master; a foreign file has none.
    """
    master = listening.master
    curve = np.array(master.decision.get("gain_reduction_db", ()), np.float64) if master is not None else np.zeros(0)
    if master is None or not len(curve):
        return skipped(CHECK, "the limiter's gain is not known")
    p95 = float(master.measures.get("gain_reduction_p95", np.percentile(curve, 95)))
    measures = [
        Measure(
            key="reduction_p95",
            words="the gain reduction that 95 % of the time stay below",
            value=p95,
            unit="dB",
            warn_above=P95_WARN_DB,
            fail_above=P95_FAIL_DB,
        )
    ]
    rate = float(master.decision.get("gain_reduction_rate", 20.0))
    if listening.score is not None and listening.clock is not None and len(curve) > 4 * rate:
        measures.append(
            Measure(
                key="unlocked_rms",
                words="the limiter's movement against the beat",
                value=unlocked_rms(listening, curve, rate),
                unit="dB rms",
                digits=2,
                fail_above=UNLOCKED_FAIL_DB,
            )
        )
    return graded(CHECK, *measures)


def unlocked_rms(listening: Listening, curve: Floats, rate: float) -> float:
    """Rms in dB of the curve's 2-8 Hz movement after the part that repeats with the bars is taken out."""
    moving = _band(curve, rate)
    times = np.arange(len(curve)) / rate
    rest = np.zeros(0)
    for section in listening.sections:
        start, end = listening.span(section)
        inside = (times >= start) & (times < end)
        cycle = max(c for c in (1, 2, _LONGEST_CYCLE) if c == 1 or section.bars >= 4 * c)
        if inside.any() and section.bars:
            bar_s = (end - start) / section.bars
            rest = np.concatenate([rest, _unlocked(moving[inside], (times[inside] - start) / (cycle * bar_s), cycle)])
    return float(np.sqrt((rest**2).mean())) if len(rest) else 0.0


def _band(curve: Floats, rate: float) -> Floats:
    spectrum = np.fft.rfft(curve)
    hz = np.fft.rfftfreq(len(curve), 1 / rate)
    spectrum[(hz < BAND_HZ[0]) | (hz > BAND_HZ[1])] = 0
    return np.fft.irfft(spectrum, len(curve))


def _unlocked(values: Floats, turns: Floats, cycle: int) -> Floats:
    """Values less the mean of their place in the cycle; `turns` counts cycles from the start of the section."""
    place = (turns % 1 * _STEPS * cycle).astype(np.int64)
    count = np.bincount(place, minlength=_STEPS * cycle)
    mean = np.bincount(place, weights=values, minlength=_STEPS * cycle) / np.maximum(count, 1)
    fair = np.sqrt(count[place] / np.maximum(count[place] - 1, 1))
    return np.asarray((values - mean[place]) * fair, np.float64)
