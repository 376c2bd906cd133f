"""One track's way through a bridge: read along its time map -> high-pass -> low-pass -> fader."""

import numpy as np
from numpy.typing import NDArray

from sonicforge.effects.control import control_times, ride
from sonicforge.effects.sweep import Sweep
from sonicforge.playout.dj.excerpt import Excerpt
from sonicforge.playout.dj.transition import Lane, Points
from sonicforge.playout.dj.warp import read_along
from sonicforge.sound.audio import Samples


def play_lane(lane: Lane, excerpt: Excerpt, length: int) -> Samples:
    """The track as it sounds in the bridge, (2, length)."""
    sound = read_along(lane, excerpt, length)
    for points, high in ((lane.highpass_hz, True), (lane.lowpass_hz, False)):
        sweep = Sweep(hertz_curve(points, length), high=high)
        if not sweep.idle:
            sound = sweep.process(sound)
    ride(sound, fader_curve(lane.fader, length))
    return sound


def fader_curve(points: Points, length: int) -> NDArray[np.float32]:
    """Amplitude on the control grid: a quarter of a sine wave over the fader's way, 1 at the top."""
    at, share = np.array(points).T
    shares = np.interp(control_times(length), at, share)
    return np.where(shares >= 1.0, 1.0, np.sin(np.pi / 2 * shares)).astype(np.float32)


def hertz_curve(points: Points, length: int) -> NDArray[np.float32]:
    """Hertz on the control grid, moving evenly in octaves."""
    at, hertz = np.array(points).T
    return np.exp(np.interp(control_times(length), at, np.log(hertz))).astype(np.float32)
