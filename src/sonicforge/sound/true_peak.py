"""True peak: how high the wave between the samples goes (ITU-R BS.1770-5 Annex 2), by three detectors.

`itu` is the standard's own 48-tap filter at 4x, `sinc` a 49-tap Hann-windowed sinc at 4x (flatter, the figure
to show), `fine` a Kaiser-windowed sinc at 8x. Detectors disagree by up to half a decibel on bright sound, so a
ceiling counts as held only where all three say so.
"""

from functools import lru_cache
from math import inf, log10
from typing import Literal

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sonicforge.sound.audio import Audio, Samples

Detector = Literal["display", "certified", "itu", "sinc", "fine"]

_ITU_0 = (
    0.0017089843750, 0.0109863281250, -0.0196533203125, 0.0332031250000, -0.0594482421875, 0.1373291015625,
    0.9721679687500, -0.1022949218750, 0.0476074218750, -0.0266113281250, 0.0148925781250, -0.0083007812500,
)  # fmt: skip
_ITU_1 = (
    -0.0291748046875, 0.0292968750000, -0.0517578125000, 0.0891113281250, -0.1665039062500, 0.4650878906250,
    0.7797851562500, -0.2003173828125, 0.1015625000000, -0.0582275390625, 0.0330810546875, -0.0189208984375,
)  # fmt: skip
_BLOCK = 1024
