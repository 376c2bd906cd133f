"""Checks 2, 3, 4 and 5: peaks, loudness, and how far they lie apart."""

from math import isinf

from sonicforge.critic.grade import Check, Measure, graded, skipped
from sonicforge.critic.listening import Listening, decibels
from sonicforge.critic.sample_kernels import flat_runs
from sonicforge.critic.verdict import Finding

TRUE_PEAK = Check(2, "true_peak_clip")
LOUDNESS = Check(3, "loudness_target")
PLR = Check(4, "plr_crest")
RANGE = Check(5, "loudness_range")

CEILING, CEILING_FAIL = -1.0, -0.3
METER_STEP_DB = 0.005
"""A peak meter shows hundredths; half of one is not an overshoot."""
FLAT_WARN, FLAT_FAIL = 20.0, 200.0
FLAT_TOLERANCE = 1 - 10 ** (-0.01 / 20)
CORNER = 3.0
LOUD_WARN, LOUD_FAIL, TRIMMED_FAIL = 1.0, 2.5, 0.7
PLR_WARN, PLR_LEAST, PLR_MOST_OVER = 1.0, 6.0, 4.0
PLR_LEAST_OF = {"jazz_lounge": 10.0, "cinematic": 10.0, "ambient": 10.0}
RANGE_WARN, RANGE_LEAST, RANGE_MOST_OVER = 1.0, 1.5, 5.0
SHORTEST_RANGE_S = 20.0


def true_peak_clip(listening: Listening) -> Finding:
    """True peak against the ceiling, and flattened wave tops a minute.

    A flat top is a run of three or more samples within 0.01 dB of the highest sample that is entered or left around a
    corner. The rounded crest of a bass wave spends as long up there without having been clipped, and does not count.
    """
    hearing = listening.hearing
    target = listening.target
    ceiling = target.true_peak if target is not None else CEILING
    top = 10 ** (hearing.loudness.sample_peak / 20) if not isinf(hearing.loudness.sample_peak) else 0.0
    runs = 0
    if top > 0:
        runs = sum(flat_runs(channel, top, FLAT_TOLERANCE, CORNER) for channel in hearing.audio.samples[:2])
    return graded(
        TRUE_PEAK,
        Measure(
            key="true_peak",
            words="the true peak",
            value=hearing.loudness.true_peak,
            unit="dBTP",
            digits=2,
            warn_above=ceiling + METER_STEP_DB,
            fail_above=CEILING_FAIL + METER_STEP_DB,
        ),
        Measure(
            key="flat_tops_per_minute",
            words="the number of flattened wave tops a minute",
            value=60 * runs / max(hearing.duration_s, 1e-9),
            digits=0,
            warn_above=FLAT_WARN,
            fail_above=FLAT_FAIL,
        ),
    )


def loudness_target(listening: Listening) -> Finding:
    """Integrated loudness against the genre's, or against the station's level after its trim."""
    if listening.target is None and listening.station_lufs is None:
        return skipped(LOUDNESS, "without a genre there is no loudness to meet", _loudness(listening))
    measured = listening.hearing.loudness.integrated
    trimmed = listening.station_lufs is not None
    wanted = listening.station_lufs if listening.station_lufs is not None else listening.target.lufs  # type: ignore[union-attr]
    return graded(
        LOUDNESS,
        Measure(
            key="lufs_off",
            words=f"the distance of the loudness ({measured:.1f} LUFS) from the {wanted:.1f} LUFS wanted",
            value=abs(measured - wanted),
            unit="LU",
            digits=2,
            warn_above=TRIMMED_FAIL if trimmed else LOUD_WARN,
            fail_above=TRIMMED_FAIL if trimmed else LOUD_FAIL,
        ),
        more=_loudness(listening),
    )


def _loudness(listening: Listening) -> dict[str, float]:
    loudness = listening.hearing.loudness
    return {"lufs": loudness.integrated, "max_short_term": loudness.max_short_term}


def plr_crest(listening: Listening) -> Finding:
    """Peak to loudness ratio against the genre's; the crest of the peak sections is told beside it."""
    plr = listening.hearing.loudness.plr
    name = listening.genre.name if listening.genre is not None else ""
    more = {"peak_crest": _crest(listening)}
    least = PLR_LEAST_OF.get(name, PLR_LEAST)
    target = listening.target
    if target is None:
        return graded(PLR, _plr(plr, least), more=more)
    low, high = target.plr
    return graded(
        PLR,
        Measure(
            key="plr",
            words="the peak to loudness ratio",
            value=plr,
            unit="dB",
            warn_below=low - PLR_WARN,
            warn_above=high + PLR_WARN,
            fail_below=least,
            fail_above=high + PLR_MOST_OVER,
        ),
        more=more,
    )


def _plr(plr: float, least: float) -> Measure:
    return Measure(key="plr", words="the peak to loudness ratio", value=plr, unit="dB", fail_below=least)


def _crest(listening: Listening) -> float:
    """Highest sample above short-term loudness in the loudest 3 s of the peak sections, in dB."""
    hearing = listening.hearing
    spans = [listening.span(section) for section in listening.peaks] or [(0.0, hearing.duration_s)]
    crests = []
    for start, end in spans:
        highest = hearing.highest[hearing.pieces(start, end)]
        if len(highest) and highest.max() > 0:
            crests.append(float(decibels(highest.max() ** 2) - listening.short_term(start, end).max()))
    return max(crests, default=0.0)


def loudness_range(listening: Listening) -> Finding:
    """Loudness range (EBU Tech 3342) against the genre's."""
    hearing = listening.hearing
    found = hearing.loudness.range_lu
    if hearing.duration_s < SHORTEST_RANGE_S:
        return skipped(RANGE, "too short for a loudness range", {"lra": found})
    low, high = listening.target.lra if listening.target is not None else (RANGE_LEAST, float("inf"))
    return graded(
        RANGE,
        Measure(
            key="lra",
            words="the loudness range",
            value=found,
            unit="LU",
            warn_below=low - RANGE_WARN,
            warn_above=high + RANGE_WARN,
            fail_below=RANGE_LEAST,
            fail_above=high + RANGE_MOST_OVER,
        ),
    )
