"""Check 18: is the groove in time, and does it breathe?"""

from collections import defaultdict
from math import hypot, inf

import numpy as np

from sonicforge.critic.grade import Check, Measure, graded, skipped
from sonicforge.critic.reading import DRUM_CODES, Floats, Reading, Voice
from sonicforge.critic.score.swing import deviations_ms, measured_swing, planned_swing
from sonicforge.critic.verdict import Finding

CHECK = Check(18, "groove_timing")

STIFF_SIGMA_MS = 0.5
LOOSE_FACTOR = 2.0
SWING_OFF_PERCENT = 2.0
CLUB_KICK_OFF_MS = 3.0
OUTLIER_MS, OUTLIER_SHARE = 35.0, 0.02
LEAST_SNARE_LAG_MS = {"lofi_hiphop": 5.0}
HUMAN_SIGMA_MS = 1.0
"""Pieces that the genre gives at least this much spread are humanised; below it they are meant to be exact."""
TOGETHER_MS = 10.0
ENOUGH = 16


def groove_timing(reading: Reading) -> Finding:
    """Mean and spread of every drum piece against the swung grid, swing from the hats, lag of the kick and snare.

    The grid is swung as written, so that a wrong swing is counted once, as swing. The spread allowed to a piece that
    the genre times in several rows (open and closed hat, later kicks) includes the distance between their means. An
    outlier is an onset more than 35 ms from its piece's mean, or more than 2.5 of the genre's own sigmas where those
    are wider. Ghost notes and flams keep a time of their own and do not count.
    """
    pieces = [voice.where(~voice.ghost) for voice in reading.of_code(DRUM_CODES)]
    pieces = [voice for voice in pieces if voice.count]
    if not pieces:
        return skipped(CHECK, "no drums play, so there is no groove to time")
    swing = measured_swing(reading)
    written = measured_swing(reading, human=False)
    percent = reading.genre.swing.percent if written is None else written
    timed = [(voice, deviations_ms(reading, voice, percent)) for voice in pieces]
    measures = [*_spread(reading, timed), *_outliers(reading, timed), *_anchors(reading, timed)]
    if swing is not None:
        measures.append(_swing(reading, swing))
    return graded(CHECK, *measures, more={"order_share": _order(timed)})


def _swing(reading: Reading, measured: float) -> Measure:
    low, high = planned_swing(reading)
    return Measure(
        key="swing_off_percent",
        words=f"the distance of the played swing ({measured:.1f} %) from the one meant",
        value=max(low - measured, measured - high, 0.0),
        unit="points",
        warn_above=SWING_OFF_PERCENT,
    )


def _spread(reading: Reading, timed: list[tuple[Voice, Floats]]) -> list[Measure]:
    """Stiffest and loosest piece of those the genre humanises."""
    stiffest, loosest, names = inf, 0.0, ["", ""]
    for voice, off in timed:
        _, sigma = block_timing(reading, voice)
        if sigma < HUMAN_SIGMA_MS or len(off) < ENOUGH:
            continue
        spread = float(np.std(off))
        if spread < stiffest:
            stiffest, names[0] = spread, voice.part.name
        if spread / sigma > loosest:
            loosest, names[1] = spread / sigma, voice.part.name
    if stiffest == inf:
        return []
    return [
        Measure(
            key="least_sigma_ms",
            words=f"the timing spread of the {names[0]}",
            value=stiffest,
            unit="ms",
            digits=2,
            warn_below=STIFF_SIGMA_MS,
        ),
        Measure(
            key="sigma_factor",
            words=f"the timing spread of the {names[1]} against the genre's own",
            value=loosest,
            unit="times",
            digits=2,
            warn_above=LOOSE_FACTOR,
        ),
    ]


def _outliers(reading: Reading, timed: list[tuple[Voice, Floats]]) -> list[Measure]:
    stray = total = 0
    for voice, off in timed:
        _, sigma = block_timing(reading, voice)
        stray += int((np.abs(off - off.mean()) > max(OUTLIER_MS, 2.5 * sigma)).sum())
        total += len(off)
    return [
        Measure(
            key="outlier_share",
            words="the share of drum hits that stray more than 35 ms from their place",
            value=100 * stray / total,
            unit="%",
            fail_above=100 * OUTLIER_SHARE,
        )
    ]


def _anchors(reading: Reading, timed: list[tuple[Voice, Floats]]) -> list[Measure]:
    """What must sit still (club kicks) and what must lag (the lo-fi snare)."""
    measures = []
    kicks = [off for voice, off in timed if voice.code == "k"]
    if reading.genre.club and kicks:
        worst = float(max(np.abs(off).max() for off in kicks))
        measures.append(
            Measure(
                key="kick_off_ms",
                words="the farthest any kick lies from the grid",
                value=worst,
                unit="ms",
                fail_above=CLUB_KICK_OFF_MS,
            )
        )
    least = LEAST_SNARE_LAG_MS.get(reading.genre.name)
    snares = [off for voice, off in timed if voice.code == "s"]
    if least is not None and snares:
        measures.append(
            Measure(
                key="snare_lag_ms",
                words="the snare's lag behind the grid",
                value=float(np.median(np.concatenate(snares))),
                unit="ms",
                fail_below=least,
            )
        )
    return measures


def block_timing(reading: Reading, voice: Voice) -> tuple[float, float]:
    """Mean and spread in ms that the genre gives a drum voice, over all its rows."""
    drums = reading.genre.drums
    rows = [row for row, name in drums.pieces.items() if name == voice.part.voice and row in drums.timing]
    if voice.code == "k" and "second_kicks" in drums.timing:
        rows.append("second_kicks")
    if not rows:
        rows = [row for row in (voice.part.voice, voice.part.name, voice.code) if row in drums.timing][:1]
    if not rows:
        return 0.0, 0.0
    means, sigmas = np.array([drums.timing[row] for row in rows], np.float64).T
    return float(means.mean()), hypot(float(sigmas.max()), float(means.max() - means.min()) / 2)


def _order(timed: list[tuple[Voice, Floats]]) -> float:
    """Share of coincidences in which two pieces keep the order they mostly have."""
    kept = met = 0
    hits: list[dict[int, float]] = []
    for voice, off in timed:
        hits.append(dict(zip(voice.start.tolist(), off.tolist(), strict=True)))
    for index, one in enumerate(hits):
        for other in hits[index + 1 :]:
            ahead: defaultdict[bool, int] = defaultdict(int)
            for tick in one.keys() & other.keys():
                gap = one[tick] - other[tick]
                if 0 < abs(gap) <= TOGETHER_MS:
                    ahead[gap > 0] += 1
            kept += max(ahead.values(), default=0)
            met += sum(ahead.values())
    return kept / met if met else 1.0
