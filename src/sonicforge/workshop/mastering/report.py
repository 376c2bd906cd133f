"""The report of a master: what came, what was done and why, what left; as plain values for JSON."""

from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from sonicforge.master.reference import BANDS_HZ, Gains, Profile, Wanted, distance_db, k_levelled
from sonicforge.sound.loudness import Curve, Loudness
from sonicforge.sound.spectrum import FLOOR_DB
from sonicforge.workshop.master import Mastered

SECONDS_STEP = 1.0
_WINDOW = 300


def report(mastered: Mastered, source: Path, out: Path) -> dict[str, Any]:
    """Everything a person or a machine may want to know; `decision` inside can be edited and replayed."""
    before = mastered.before
    return {
        "file": str(source),
        "out": str(out),
        "before": _figures(before.loudness)
        | {"clipped_runs": before.clipped_runs, "dc": [round(one, 6) for one in before.dc]}
        | _distance(before.profile, mastered.wanted),
        "after": _figures(mastered.loudness) | _distance(mastered.profile, mastered.wanted),
        "gain_reduction_db": {
            f"p{percent}": round(float(np.percentile(mastered.reduction_db, percent)), 2) for percent in (50, 95, 100)
        },
        "words": in_words(mastered),
        "curves": {
            "bands_hz": [round(hz, 1) for hz in BANDS_HZ],
            "before_db": balance(before.profile.middle_db),
            "after_db": balance(mastered.profile.middle_db),
            "wanted_db": None if mastered.wanted is None else balance(mastered.wanted.middle_db),
            "eq_db": list(mastered.decision.tone.middle_db),
            "side_eq_db": list(mastered.decision.tone.side_db),
        },
        "loudness_lufs": {
            "step_s": SECONDS_STEP,
            "before": [round(float(one), 1) for one in short_term(before.power)],
            "after": [round(float(one), 1) for one in short_term(mastered.power)],
        },
        "reduction_db": {"step_s": SECONDS_STEP, "most": [round(float(one), 2) for one in reduction(mastered)]},
        "decision": mastered.decision.to_json(),
    }


def in_words(mastered: Mastered) -> list[str]:
    """What was decided and why, a line for each step, and what to look out for."""
    lines = [f"{name}: {reason}" for name, reason in mastered.decision.in_words().items()]
    if mastered.before.clipped_runs:
        lines.append(
            f"warning: the recording is clipped in {mastered.before.clipped_runs} places; "
            "`sonicforge restore --declip` mends that before mastering"
        )
    target, reached = mastered.decision.level.target_lufs, mastered.loudness.integrated
    if isfinite(reached) and abs(reached - target) > 0.1:
        lines.append(f"warning: {target:g} LUFS were asked for and {reached:.1f} reached")
    hard = float(np.percentile(mastered.reduction_db, 95))
    if hard > 6:
        lines.append(
            f"warning: the limiter takes more than {hard:.1f} dB for 5 % of the time; a lower target breathes more"
        )
    return lines


def balance(levels: Gains) -> list[float | None]:
    """Levels at `BANDS_HZ` with the K-weighted power at 0 dB, null where there is nothing."""
    if max(levels) <= FLOOR_DB:
        return [None] * len(levels)
    moved = k_levelled(np.array(levels))
    return [round(float(level), 2) if own > FLOOR_DB else None for level, own in zip(moved, levels, strict=True)]


def short_term(power: Curve) -> Curve:
    """Loudness of three seconds around every second."""
    smooth = np.convolve(np.pad(power, _WINDOW // 2), np.full(_WINDOW, 1 / _WINDOW), mode="valid")
    return -0.691 + 10 * np.log10(np.maximum(smooth[:: round(100 * SECONDS_STEP)], 1e-9))


def reduction(mastered: Mastered) -> Curve:
    """The limiter's largest reduction in every second."""
    size = max(round(SECONDS_STEP / mastered.reduction_step_s), 1)
    padded = np.pad(mastered.reduction_db, (0, -len(mastered.reduction_db) % size))
    return np.asarray(padded.reshape(-1, size).max(axis=1))


def _figures(loudness: Loudness) -> dict[str, Any]:
    return dict(loudness.to_json())


def _distance(profile: Profile, wanted: Wanted | None) -> dict[str, float | None]:
    if wanted is None or profile.silent:
        return {"distance_db": None}
    return {"distance_db": round(distance_db(profile, wanted), 2)}
