"""Analysis of a recording: one walk through the file, then everything that can be known from it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np

from sonicforge.analysis.beats import Beats, track_beats
from sonicforge.analysis.chords import Chord, find_chords
from sonicforge.analysis.correlation import StereoImage, StereoStream
from sonicforge.analysis.defects import Defect, FaultStream, decibels, find_defects
from sonicforge.analysis.descriptor import VERSION, Musical, Vector, describe
from sonicforge.analysis.features import SHAPE, Features, FeatureStream
from sonicforge.analysis.key import FoundKey, find_key
from sonicforge.analysis.structure import Section, find_sections
from sonicforge.analysis.tempo import Tempo, estimate_tempo
from sonicforge.errors import CannotWrite
from sonicforge.sound.audio import Samples
from sonicforge.sound.channels import channel_change
from sonicforge.sound.loudness import Curve, Loudness, power_to_lufs, summary
from sonicforge.sound.true_peak import PeakMeter
from sonicforge.workshop.flow import Recording, Report, followed, open_recording
from sonicforge.workshop.mastering.hearing import PowerEar, Together

PICTURES = ("spectrogram", "chroma", "loudness", "stereo")

_MOMENTARY, _SHORT_TERM, _PIECES = 40, 300, 100
_LISTENING = 0.9


@dataclass(frozen=True, slots=True)
class Analysis:
    """What was found in one recording; times in seconds."""

    duration_s: float
    sample_rate: int
    channels: int
    tempo: Tempo
    beats: Beats
    key: FoundKey
    chords: tuple[Chord, ...]
    sections: tuple[Section, ...]
    loudness: Loudness
    power: Curve
    image: StereoImage
    defects: tuple[Defect, ...]
    descriptor: Vector
    features: Features
    levels: np.ndarray

    def to_json(self) -> dict[str, Any]:
        """Plain values; null where silence has no answer."""
        return {
            "duration_s": round(self.duration_s, 3),
            "sample_rate": self.sample_rate,
            "channels": self.channels,
            "tempo": _tempo(self.tempo),
            "beats_s": [round(second, 3) for second in self.beats.times_s.tolist()],
            "downbeats": self.beats.downbeats.tolist(),
            "beats_per_bar": self.beats.per_bar,
            "key": _key(self.key),
            "chords": [[round(c.start_s, 3), round(c.end_s, 3), c.name] for c in self.chords],
            "sections": [
                {"start_s": round(s.start_s, 3), "end_s": round(s.end_s, 3), "label": s.label, "level": s.level}
                for s in self.sections
            ],
            "loudness": self.loudness.to_json(),
            "loudness_curve": [round(value, 1) for value in loudness_curve(self.power, _SHORT_TERM, 1.0).tolist()],
            "spectrum": _shape(self.features),
            "stereo": _stereo(self.image),
            "defects": [defect.to_json() for defect in self.defects],
            "descriptor": {"version": VERSION, "values": [round(float(value), 5) for value in self.descriptor]},
        }


def analyse(source: Path, report: Report, *, pictures: bool = False) -> Analysis:
    """Everything about one file; docs/analysis.md tells the memory. Surround is folded down for all that is musical.

    Raises `UnreadableAudio`, and `OutOfRange` for more channels than can be folded.
    """
    recording = open_recording(source)
    walk = _Walk(recording, pictures)
    with Together() as together:
        for block in followed(recording.blocks(), report, "listening", recording.work_length, end=_LISTENING):
            walk.hear(block, together)
    report("thinking", _LISTENING)
    found = walk.finish()
    report("thinking", 1.0)
    return found


def draw_pictures(found: Analysis) -> dict[str, bytes]:
    """PNGs by name, as in `PICTURES`. Needs an analysis made with `pictures`."""
    from sonicforge.analysis.curves import draw_chroma, draw_correlation, draw_loudness
    from sonicforge.analysis.panorama import draw_panorama

    momentary, short_term = (loudness_curve(found.power, size, 0.1) for size in (_MOMENTARY, _SHORT_TERM))
    return {
        "spectrogram": draw_panorama(found.levels, found.duration_s, found.beats, found.chords, found.sections),
        "chroma": draw_chroma(found.features, found.sections),
        "loudness": draw_loudness(momentary, short_term, found.duration_s, found.sections),
        "stereo": draw_correlation(found.image, found.duration_s, found.sections),
    }


def write_analysis(found: Analysis, target: Path, *, pictures: bool) -> list[Path]:
    """Write the analysis to `target` (JSON) and pictures beside it; every file appears whole. Raises `CannotWrite`."""
    import orjson

    files = {target: orjson.dumps(found.to_json(), option=orjson.OPT_INDENT_2)}
    if pictures:
        files |= {target.with_suffix(f".{name}.png"): image for name, image in draw_pictures(found).items()}
    for path, content in files.items():
        hidden = path.with_name(f".{path.name}.part")
        try:
            hidden.write_bytes(content)
            hidden.replace(path)
        except OSError as error:
            hidden.unlink(missing_ok=True)
            raise CannotWrite(f"cannot write {path}: {(error.strerror or str(error)).lower()}") from error
    return list(files)


def loudness_curve(power: Curve, size: int, hop_s: float) -> Curve:
    """Loudness in LUFS of the `size` pieces (10 ms) before every multiple of `hop_s`, sound beginning in silence."""
    total = np.concatenate([np.zeros(size), np.cumsum(power)])
    windows = (total[size:] - total[:-size]) / size
    hop = max(1, round(hop_s * _PIECES))
    return power_to_lufs(np.maximum(windows[hop - 1 :: hop], 0.0))


class _Walk:
    """All ears for one recording; they hear each block side by side."""

    def __init__(self, recording: Recording, pictures: bool) -> None:
        from sonicforge.analysis.panorama import Skyline

        rate, channels = recording.work_rate, recording.channels
        self._recording = recording
        self._features, self._image = FeatureStream(rate), StereoStream(rate)
        self._faults, self._power = FaultStream(rate, channels), PowerEar(channels, rate)
        self._peaks = PeakMeter(channels)
        self._skyline = Skyline(rate) if pictures else None
        self._of_all = [self._faults.process, self._power.hear, self._peaks.process]
        self._of_two = [self._features.process, self._image.process]
        self._of_two += [self._skyline.process] if self._skyline is not None else []
        self._fold = channel_change(channels, min(channels, 2))

    def hear(self, block: Samples, together: Together) -> None:
        two = self._fold(block)
        together.do([*self._of_all, *(partial(_instead, ear, two) for ear in self._of_two)], block)

    def finish(self) -> Analysis:
        heard, image, faults, power = (
            self._features.finish(), self._image.finish(), self._faults.finish(), self._power.power(),
        )  # fmt: skip
        tempo = estimate_tempo(heard)
        beats = track_beats(heard, tempo)
        key, chords, sections = find_key(heard, beats), find_chords(heard, beats), find_sections(heard, beats)
        peak = decibels(self._peaks.true_peak)
        return Analysis(
            duration_s=faults.duration_s,
            sample_rate=self._recording.sample_rate,
            channels=self._recording.channels,
            tempo=tempo,
            beats=beats,
            key=key,
            chords=chords,
            sections=sections,
            loudness=summary(power, faults.duration_s, peak, decibels(self._peaks.sample_peak)),
            power=power,
            image=image,
            defects=find_defects(faults, image, peak),
            descriptor=describe(heard, Musical(tempo, beats, key, chords, image.side_db)),
            features=heard,
            levels=self._skyline.levels() if self._skyline is not None else np.zeros((0, 0)),
        )


def _instead(ear: Callable[[Samples], None], two: Samples, _block: Samples) -> None:
    ear(two)


def _tempo(tempo: Tempo) -> Mapping[str, Any]:
    others = [{"bpm": bpm, "probability": share} for bpm, share in tempo.candidates]
    bpm = round(tempo.bpm, 2) if tempo.bpm > 0 else None
    return {"bpm": bpm, "confidence": round(tempo.confidence, 3), "candidates": others}


def _key(key: FoundKey) -> Mapping[str, Any]:
    return {
        "name": key.key.name if key.key is not None else None,
        "confidence": round(key.confidence, 3),
        "candidates": [{"name": one.name, "probability": share} for one, share in key.candidates],
        "tuning_hz": round(key.tuning_hz, 1),
    }


def _shape(features: Features) -> Mapping[str, float]:
    """Means of the spectral shape over what sounds, weighted by level."""
    weight = features.shape[:, 4]
    total = float(weight.sum())
    if total <= 0:
        return dict.fromkeys(SHAPE[:4], 0.0)
    return {name: round(float(features.shape[:, at] @ weight) / total, 4) for at, name in enumerate(SHAPE[:4])}


def _stereo(image: StereoImage) -> Mapping[str, Any]:
    def number(value: float) -> float | None:
        return round(value, 2) if isfinite(value) else None

    return {
        "correlation": image.correlation,
        "octaves": list(image.octaves),
        "mono_loss_lu": number(image.mono_loss_lu),
        "balance_db": number(image.balance_db),
        "side_db": number(image.side_db),
        "out_of_phase_s": [list(span) for span in image.trouble_s],
        "curve_hz": 1,
        "curves": {
            name: [round(float(value), 2) for value in curve[::10]]
            for name, curve in zip(image.correlation, image.curves, strict=True)
        },
    }
