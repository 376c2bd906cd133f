"""Markers of a genre in its voices: who plays, with which patches, effects and dynamics."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from sonicforge.critic.reading import Reading, Voice
from sonicforge.critic.score.markers_groove import Marker

_SUPERSAW_VOICES = 5
_DRY_PRESETS = frozenset({"ROOM", "SLAP"})
_TOUCH = 30
"""Ticks by which a legato note may overlap the next without being another voice."""


def parts(reading: Reading, codes: Sequence[str]) -> str:
    missing = [code for code in codes if not _in_peak(reading, code)]
    return f"part {', '.join(missing)} is missing in the peak" if missing else ""


def any_part(reading: Reading, codes: Sequence[str]) -> str:
    return (
        ""
        if any(_in_peak(reading, code) for code in codes)
        else f"none of the parts {', '.join(codes)} plays in the peak"
    )


def _in_peak(reading: Reading, code: str) -> bool:
    """Whether a part sounds in a loud section; a texture may be one long note from the beginning."""
    return any(
        bool(((voice.start < s.end) & (voice.end > s.start)).any())
        for voice in reading.of_code(code)
        for s in reading.loud_sections
    )


def banned_parts(reading: Reading, codes: Sequence[str]) -> str:
    """A part that the genre has nowhere must not play at all; one that it casts only stays out of the peak."""
    own = reading.genre.cast
    found = [v.part.name for v in reading.of_code(codes) if v.code not in own or _in_peak(reading, v.code)]
    return f"{found[0]} plays" if found else ""


def banned_voices(reading: Reading, names: Sequence[str]) -> str:
    found = [voice.part.voice for voice in reading.voices if voice.part.voice in names]
    return f"{found[0]} plays" if found else ""


def needed_cues(reading: Reading, kinds: Sequence[str]) -> str:
    missing = [kind for kind in kinds if not any(reading.cues(kind))]
    return f"no {' or '.join(missing)} leads anywhere" if missing else ""


def banned_cues(reading: Reading, kinds: Sequence[str]) -> str:
    found = [cue.kind for cue in reading.cues(*kinds)]
    return f"a {found[0]} sounds" if found else ""


def roll_bars(reading: Reading, most: float) -> str:
    longest = max((cue.length / reading.bar for cue in reading.cues("SNR")), default=0.0)
    return f"a roll lasts {longest:g} bars" if longest > most else ""


def peak_parts_missing(reading: Reading, most: int) -> str:
    missing = [code for code in reading.genre.cast if not _in_peak(reading, code)]
    return f"{len(missing)} parts are missing in the peak" if len(missing) > most else ""


def voices_most(reading: Reading, most: int) -> str:
    """Pitched notes that sound at once, and one more for the drums."""
    pitched = [voice for voice in reading.voices if not voice.part.drums and voice.code != "x"]
    if not pitched:
        return ""
    starts = np.concatenate([voice.start for voice in pitched])
    ends = np.maximum(np.concatenate([voice.end for voice in pitched]) - _TOUCH, starts + 1)
    ticks = np.concatenate([starts, ends])
    change = np.concatenate([np.ones(len(starts), np.int64), -np.ones(len(ends), np.int64)])
    order = np.lexsort((change, ticks))
    found = int(np.cumsum(change[order]).max()) + any(voice.part.drums for voice in reading.voices)
    return f"{found} voices sound at once" if found > most else ""


def velocity_std(reading: Reading, least: float) -> str:
    pitched = [voice.velocity for voice in reading.voices if not voice.part.drums and voice.code in "cldbv"]
    found = float(np.concatenate(pitched).std()) if pitched else least
    return "" if found >= least else f"velocities spread by only {found:.1f}"


def tempo_variation(reading: Reading, least: float) -> str:
    tempi = np.array([bpm for _, bpm in reading.score.tempo])
    found = 100 * float((tempi.max() - tempi.min()) / tempi.mean())
    return "" if found >= least else f"the tempo varies by only {found:.1f} %"


def supersaw_needed(reading: Reading, _wanted: bool) -> str:
    return "" if any(_is_supersaw(reading, voice) for voice in reading.voices) else "no supersaw plays"


def supersaw_banned(reading: Reading, _banned: bool) -> str:
    found = [
        v
        for v in reading.of_code("l")
        if any(str(wave).startswith("spr") for wave in _patch(reading, v).get("osc", ()))
    ]
    return f"{found[0].part.voice} is a supersaw" if found else ""


def _is_supersaw(reading: Reading, voice: Voice) -> bool:
    patch = _patch(reading, voice)
    bank = any(str(wave).startswith("spr") for wave in patch.get("osc", ()))
    unison = patch.get("uni") or (1,)
    return bank or int(unison[0]) >= _SUPERSAW_VOICES


def _patch(reading: Reading, voice: Voice) -> Mapping[str, Any]:
    return reading.genre.patches.get(voice.part.voice, {})


def pad_attack(reading: Reading, least_s: float) -> str:
    slow = total = 0
    for voice in reading.of_code("d"):
        envelope = _patch(reading, voice).get("ae") or (0,)
        length = int((voice.end - voice.start).sum())
        total += length
        slow += length * (float(envelope[0]) >= 1000 * least_s)
    return "" if not total or slow >= 0.7 * total else f"only {slow / total:.0%} of the pads swell slowly"


def pad_reverb(reading: Reading, least_db: float) -> str:
    sends = [reading.genre.mix[v.part.stem].reverb for v in reading.of_code("d") if v.part.stem in reading.genre.mix]
    return "" if any(send is not None and send.level_db >= least_db for send in sends) else "the pads are too dry"


def reverb_long(reading: Reading, most_s: float) -> str:
    wet = {s.reverb.preset for s in reading.genre.mix.values() if s.reverb is not None} - _DRY_PRESETS
    return f"reverb {min(wet)} is longer than {most_s:g} s" if wet else ""


def filter_sweeps(reading: Reading, _banned: bool) -> str:
    moving = [c for c in reading.score.curves if c.parameter in ("lowpass_hz", "cutoff_oct") and _moves(c.points)]
    return f"the filter of {moving[0].target} sweeps" if moving else ""


def _moves(points: Sequence[tuple[int, float]]) -> bool:
    return len({value for _, value in points}) > 1


def moving_keys(reading: Reading, _wanted: bool) -> str:
    """Keys that wobble: an LFO, chorus or tape in the patch."""
    voices = reading.of_code("c")
    alive = any(
        patch.get("lfo") or patch.get("fx") or "tape" in str(patch.get("post", "")).lower()
        for patch in (_patch(reading, voice) for voice in voices)
    )
    return "" if alive or not voices else "the keys stand still"


def chorus_pad(reading: Reading, _wanted: bool) -> str:
    pads = [_patch(reading, voice) for voice in reading.of_code("d")]
    return "" if not pads or any("ch" in (patch.get("fx") or {}) for patch in pads) else "the pad has no chorus"


def snare_reverb(reading: Reading, preset: str) -> str:
    strips = [reading.genre.mix.get(voice.part.stem) for voice in reading.of_code("s")]
    sends = {strip.reverb.preset for strip in strips if strip is not None and strip.reverb is not None}
    return "" if not strips or preset in sends else f"the snare has no {preset} reverb"


def kick_drive(reading: Reading, least_db: float) -> str:
    drives = [(reading.genre.kit.get(v.part.voice, {}).get("post") or {}).get("drv", 0) for v in reading.of_code("k")]
    return "" if not drives or max(map(float, drives)) >= least_db else f"the kick is driven by only {max(drives)} dB"


def duck_banned(reading: Reading, _banned: bool) -> str:
    ducked = [name for name, strip in reading.genre.mix.items() if strip.duck.key and strip.duck.depth_db > 0]
    return f"{ducked[0]} is side-chained" if ducked else ""


def duck_over(reading: Reading, most_db: float) -> str:
    deepest = max((s.duck.depth_db for s in reading.genre.mix.values() if s.duck.key), default=0.0)
    return f"a side-chain ducks {deepest:g} dB" if deepest > most_db else ""


MARKERS: Mapping[str, Marker] = {
    "voices_max": voices_most,
    "velocity_std_min": velocity_std,
    "tempo_var_percent_min": tempo_variation,
}
NEEDS: Mapping[str, Marker] = {
    "parts": parts,
    "any_part": any_part,
    "cues": needed_cues,
    "supersaw": supersaw_needed,
    "pad_attack_s_min": pad_attack,
    "reverb_db_min": pad_reverb,
    "moving_keys": moving_keys,
    "chorus_pad": chorus_pad,
    "snare_reverb": snare_reverb,
    "kick_drive_db_min": kick_drive,
}
BANS: Mapping[str, Marker] = {
    "parts": banned_parts,
    "voices": banned_voices,
    "cues": banned_cues,
    "roll_bars_max": roll_bars,
    "peak_parts_max_missing": peak_parts_missing,
    "supersaw": supersaw_banned,
    "reverb_s_over": reverb_long,
    "filter_sweeps": filter_sweeps,
    "duck": duck_banned,
    "duck_db_over": duck_over,
}
