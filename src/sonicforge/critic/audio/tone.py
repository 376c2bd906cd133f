"""Checks 7, 14 (sound) and 15: tonal balance, mud, harshness."""

import numpy as np

from sonicforge.critic.grade import Check, Measure, graded, skipped
from sonicforge.critic.hearing import BANDS_HZ, HOP, Floats
from sonicforge.critic.listening import (
    CORE,
    Listening,
    decibels,
    sliding_mean,
    target_balance,
    target_band,
    target_thirds,
)
from sonicforge.critic.verdict import Finding
from sonicforge.genres.genre import Target
from sonicforge.music.score import Section
from sonicforge.sound.spectrum import OCTAVES_HZ, THIRDS_HZ

BALANCE = Check(7, "tonal_balance")
MUD = Check(14, "mud")
HARSHNESS = Check(15, "harshness")

CORE_WARN_DB, CORE_FAIL_DB, EDGE_WARN_DB, RMS_FAIL_DB = 3.0, 6.0, 5.0, 4.0
MUD_HZ = (180.0, 450.0)
MUD_WARN_DB, MUD_FAIL_DB = 3.0, 6.0
HARSH_DB, HARSH_WARN, HARSH_FAIL, HARSH_BARS_DB, HARSH_BARS = 4.0, 10.0, 30.0, 6.0, 8
FRAME_S = 0.4
QUIET_DB = 20.0
"""Frames this far below the mean power are too quiet to hurt."""

_EDGES = (0, 9)


def tonal_balance(listening: Listening) -> Finding:
    """Octave levels against the genre's, means over 63 Hz .. 8 kHz removed, of the whole piece and of its peak."""
    target = listening.target
    if target is None:
        return skipped(BALANCE, "without a genre there is no tonal balance to meet")
    wanted = target_balance(target)
    passages: list[tuple[str, tuple[Section, ...]]] = [("the whole piece", ())]
    if listening.peaks:
        passages.append(("the peak", listening.peaks))
    told = [(name, listening.balance(sections) - wanted) for name, sections in passages]
    _, whole = told[0]
    more = {f"off_{_hertz(hz)}": float(off) for hz, off in zip(OCTAVES_HZ, whole, strict=True)}
    return graded(BALANCE, *(measure for name, off in told for measure in _off(name, off)), more=more)


def _hertz(hz: float) -> str:
    return f"{hz / 1000:g}k" if hz >= 1000 else f"{hz:.0f}"


def _off(name: str, off: Floats) -> list[Measure]:
    where = name.rsplit(" ", 1)[-1]
    core = int(np.abs(off[CORE]).argmax()) + CORE.start
    edge = max(_EDGES, key=lambda band: abs(off[band]))
    return [
        Measure(
            key=f"worst_band_{where}",
            words=f"the worst octave of {name} ({_hertz(OCTAVES_HZ[core])} Hz, {off[core]:+.1f} dB)",
            value=abs(float(off[core])),
            unit="dB",
            warn_above=CORE_WARN_DB,
            fail_above=CORE_FAIL_DB,
        ),
        Measure(
            key=f"worst_edge_{where}",
            words=f"the outer octave of {name} ({_hertz(OCTAVES_HZ[edge])} Hz, {off[edge]:+.1f} dB)",
            value=abs(float(off[edge])),
            unit="dB",
            warn_above=EDGE_WARN_DB,
        ),
        Measure(
            key=f"rms_{where}",
            words=f"the rms distance of {name} from the genre's balance",
            value=float(np.sqrt((off[CORE] ** 2).mean())),
            unit="dB",
            fail_above=RMS_FAIL_DB,
        ),
    ]


def mud(listening: Listening) -> Finding:
    """Power of the thirds of an octave from 180 to 450 Hz together, above what the genre's balance has there."""
    target = listening.target
    if target is None:
        return skipped(MUD, "without a genre there is no tonal balance to meet")
    thirds = (listening.hearing.mid + listening.hearing.side).mean(axis=0)
    octaves = decibels(thirds.reshape(-1, 3).sum(axis=1))
    inside = np.array([MUD_HZ[0] <= hz <= MUD_HZ[1] for hz in THIRDS_HZ])
    wanted = decibels(float((10 ** (target_thirds(target)[inside] / 10)).sum()))
    measured = decibels(float(thirds[inside].sum())) - octaves[CORE].mean()
    return graded(
        MUD,
        Measure(
            key="mud_db",
            words="the level from 180 to 450 Hz above the genre's balance",
            value=float(measured - wanted),
            unit="dB",
            warn_above=MUD_WARN_DB,
            fail_above=MUD_FAIL_DB,
        ),
    )


def harshness(listening: Listening) -> Finding:
    """How often 2.5-6 kHz stands out against 1-2 and 8-12 kHz, compared with the genre's balance.

    The two neighbours are averaged as powers, so that a passage without air is not called harsh for that alone. Frames
    last 400 ms; those more than 20 dB below the mean power do not count. A frame stands out only where its 2.5-6 kHz is
    also louder than the genre's balance has it at the level of the whole piece: hats that go on while the middle rests
    are not harsh.
    """
    target = listening.target
    if target is None:
        return skipped(HARSHNESS, "without a genre there is no tonal balance to meet")
    excess, loud, sharp = _excess(listening, target)
    if not loud.any():
        return skipped(HARSHNESS, "nothing is loud enough to be harsh")
    frame_s = HOP / listening.hearing.audio.sample_rate * _frames_a_group(listening)
    held = np.where(sharp, excess, np.minimum(excess, 0.0))
    means = sliding_mean(held, round(HARSH_BARS * listening.bar_s / frame_s))
    return graded(
        HARSHNESS,
        Measure(
            key="harsh_share",
            words="the share of time in which 2.5-6 kHz stands out by more than 4 dB",
            value=100 * float(((excess > HARSH_DB) & sharp)[loud].mean()),
            unit="%",
            warn_above=HARSH_WARN,
            fail_above=HARSH_FAIL,
        ),
        Measure(
            key="harsh_bars_db",
            words="the worst eight bars' excess at 2.5-6 kHz",
            value=float(means.max()),
            unit="dB",
            fail_above=HARSH_BARS_DB,
        ),
    )


def _frames_a_group(listening: Listening) -> int:
    return max(1, round(FRAME_S * listening.hearing.audio.sample_rate / HOP))


def _excess(listening: Listening, target: Target) -> tuple[Floats, np.ndarray, np.ndarray]:
    """Excess in dB of each 400 ms, whether it is loud enough to count, and whether its edge is loud enough to hurt."""
    edges = listening.hearing.edges
    size = min(_frames_a_group(listening), len(edges))
    groups = edges[: len(edges) // size * size].reshape(-1, size, 3).mean(axis=1)
    voice, edge, air = groups.T
    wanted = [target_band(target, *BANDS_HZ[name]) for name in ("voice", "edge", "air")]
    usual = wanted[1] - float(decibels((10 ** (wanted[0] / 10) + 10 ** (wanted[2] / 10)) / 2))
    excess = decibels(edge) - decibels((voice + air) / 2) - usual
    power = groups.sum(axis=1)
    loud = power > power.mean() * 10 ** (-QUIET_DB / 10)
    level = decibels(listening.hearing.octaves.mean(axis=0))[CORE].mean()
    return excess, loud, loud & (decibels(edge) > level + wanted[1])
