"""A stem's share of spectrum and stereo field: no stem alone may fill more of a band than the whole mix should.

The genre's tonal curve, set to the reference loudness, says how much power every octave of the mix may hold. Where one
stem alone holds more, it gets a cut; where it is far wider than the mix should be, it gets narrower.
"""

import math

import numpy as np
from numpy.typing import NDArray

from sonicforge.effects.biquad import magnitude_db
from sonicforge.genres.genre import Bell, Target
from sonicforge.sound.audio import SAMPLE_RATE, Audio
from sonicforge.sound.k_curve import coefficients
from sonicforge.sound.spectrum import OCTAVES_HZ, mid_side_octaves

Bands = NDArray[np.float64]

SPARE_DB = np.array([3.0, 1.5, 1.0, 1.0, 1.0, 1.0, 1.0, 1.5, 2.0, 4.0])
"""What a stem may hold above the mix's own curve, per octave; loose at the ends, where curves are guesses."""
DEEPEST_CUT_DB = np.array([10.0, 6.0, 5.0, 5.0, 5.0, 5.0, 5.0, 5.0, 6.0, 6.0])
LEAST_CUT_DB = 0.5
MOST_CUTS = 3
LOW_SHELF_HZ, HIGH_SHELF_HZ = 44.0, 11_300.0
WIDTH_BANDS = slice(3, 8)
SPARE_WIDTH_DB = 3.0
NARROWEST = 0.5


def allowed_db(target: Target, loudness_lufs: float) -> Bands:
    """Power of every octave band (mean of two channels, dB) of a mix with the target's curve and that loudness."""
    balance = np.array(target.balance)
    weighted = 2 * (10 ** ((balance + _k_weight_db()) / 10)).sum()
    return balance + loudness_lufs + 0.691 - 10 * math.log10(weighted)


def cuts(heard: Audio, gain_db: float, allowed: Bands) -> tuple[Bell, ...]:
    """Cuts for a stem that sounds like `heard` and gets a fader of `gain_db`: the three deepest needed, low to high."""
    mid, side = mid_side_octaves(heard)
    # A mono stem reaches each side 3 dB down; of a stereo one the mean of both channels is mid + side.
    level = mid - 3.01 if heard.channels == 1 else _sum_db(mid, side)
    excess = level + gain_db - allowed - SPARE_DB
    depth = np.minimum(excess, DEEPEST_CUT_DB)
    worst = [int(k) for k in np.argsort(-depth, kind="stable")[:MOST_CUTS] if depth[k] >= LEAST_CUT_DB]
    return tuple(_cut(k, -round(float(depth[k]), 1)) for k in sorted(worst))


def width_factor(heard: Audio, target: Target) -> float:
    """Factor 0.5..1 that keeps a stem's side/mid ratio from 250 Hz to 4 kHz within 3 dB of the mix's."""
    mid, side = mid_side_octaves(heard)
    if heard.channels == 1:
        return 1.0
    own = _total_db(side[WIDTH_BANDS]) - _total_db(mid[WIDTH_BANDS])
    weights = mid[WIDTH_BANDS] - mid[WIDTH_BANDS].max()
    wanted = float(np.average(np.array(target.side_mid)[WIDTH_BANDS], weights=10 ** (weights / 10)))
    over = own - wanted - SPARE_WIDTH_DB
    return round(max(10 ** (-over / 20), NARROWEST), 3) if over > 0 else 1.0


def _cut(band: int, gain_db: float) -> Bell:
    if band == 0:
        return Bell(gain_db, LOW_SHELF_HZ, "low_shelf")
    if band == len(OCTAVES_HZ) - 1:
        return Bell(gain_db, HIGH_SHELF_HZ, "high_shelf")
    return Bell(gain_db, OCTAVES_HZ[band], "bell")


def _k_weight_db() -> Bands:
    b0, b1, b2, a1, a2, d1, d2 = coefficients(SAMPLE_RATE)
    return magnitude_db(np.array([[b0, b1, b2, a1, a2], [1.0, -2.0, 1.0, d1, d2]]), np.array(OCTAVES_HZ))


def _sum_db(one: Bands, two: Bands) -> Bands:
    return np.asarray(10 * np.log10(10 ** (one / 10) + 10 ** (two / 10)))


def _total_db(bands: Bands) -> float:
    return 10 * math.log10(float((10 ** (bands / 10)).sum()) + 1e-20)
