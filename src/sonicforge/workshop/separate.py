"""Separation: one recording into files that add up to it again."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path

import numpy as np

from sonicforge.effects.crossover import HIGHEST, LinearCrossover
from sonicforge.effects.hpss import KERNEL, MARGINS, Separation
from sonicforge.errors import Conflict, OutOfRange, UnreadableAudio
from sonicforge.sound.audio import Samples
from sonicforge.sound.resample import resampled
from sonicforge.sound.writer import Writer, checked_format
from sonicforge.workshop.demucs import Demucs
from sonicforge.workshop.flow import BLOCK, Recording, Report, followed, not_an_input, open_recording

STEMS = ("drums", "bass", "other", "vocals", "guitar", "piano")
"""What the models of Demucs take apart; most of them the first four."""

_MOST_BANDS = 8
_LOWEST_SPLIT_HZ = 20.0
_QUIETEST = 1e-5


@dataclass(frozen=True, slots=True)
class Cut:
    """How to take a recording apart.

    With `model` by that Demucs model; with `bands_hz` into bands between those frequencies (linear phase); otherwise
    into harmonic and percussive parts, and a residual where `margin` is above 1. `format` and `bits` are those of the
    files; with "wav" and "32f" the parts add up to the recording but for rounding.
    """

    bands_hz: tuple[float, ...] = ()
    model: str = ""
    margin: float = 1.0
    format: str = "wav"
    bits: str = "32f"

    def checked(self) -> "Cut":
        """This cut, if it can be; raises `OutOfRange`, `Conflict`, `UnknownName`."""
        if self.bands_hz and self.model:
            raise Conflict("bands and a model cannot both be used; choose one")
        if len(self.bands_hz) >= _MOST_BANDS:
            raise OutOfRange("number of bands", len(self.bands_hz) + 1, 2, _MOST_BANDS)
        for before, hz in zip((0.0, *self.bands_hz), self.bands_hz, strict=False):
            if not max(_LOWEST_SPLIT_HZ, before + 1e-9) <= hz <= 90_000:
                raise OutOfRange("band border", f"{hz:g}", max(_LOWEST_SPLIT_HZ, before), 90_000, "Hz, rising")
        if not MARGINS[0] <= self.margin <= MARGINS[1]:
            raise OutOfRange("margin", self.margin, *MARGINS)
        checked_format(Path(f"part.{self.format}"), self.format, "24" if self.format == "flac" else self.bits)
        return self

    def files(self, target: Path) -> dict[str, Path]:
        """The file of each part, beside `target`: `<its stem>.<part>.<format>`; for a model, of each stem known here.

        What a model really makes is only known once it is loaded.
        """
        return _files(target, STEMS if self.model else _names(self), self.format)


def _names(cut: Cut) -> tuple[str, ...]:
    if cut.bands_hz:
        return _band_names(cut.bands_hz)
    return ("harmonic", "percussive", "residual")[: 2 if cut.margin == 1.0 else 3]


def _files(target: Path, names: Sequence[str], ending: str) -> dict[str, Path]:
    return {name: target.with_name(f"{target.stem}.{name}.{ending}") for name in names}


def separate(source: Path, target: Path, cut: Cut, report: Report) -> Mapping[str, object]:
    """Write the parts of one recording beside `target` as `<its stem>.<part>.<format>`, tags and cover kept.

    Returns the files by part. Raises `UnreadableAudio`, `CannotWrite`, `Conflict`; then nothing is left of any part.
    """
    cut.checked()
    recording = _opened(source, cut)
    if cut.model:
        demucs = Demucs(cut.model)
        names, rate, parts = demucs.sources, demucs.sample_rate, _by_model(demucs, recording, report)
    else:
        splitter = _splitter(cut, recording)
        names, rate, parts = _names(cut), recording.work_rate, _by_splitting(splitter, recording, report)
    files = _files(target, names, cut.format)
    for path in files.values():
        not_an_input(path, (source,))
    _write(parts, files, rate, recording, cut)
    parts_told = {name: str(path) for name, path in files.items()}
    return {"out": str(target.parent), "parts": parts_told, "sample_rate": rate}


def _opened(source: Path, cut: Cut) -> Recording:
    """At the file's own rate, so that parts need no conversion; a model hears at most two channels."""
    plain = open_recording(source, channels=2 if cut.model else None)
    return open_recording(source, channels=2 if cut.model else None, work_rate=plain.sample_rate)


@dataclass(frozen=True, slots=True)
class _Splitter:
    split: Callable[[Samples], Sequence[Samples]]
    latency: int


def _splitter(cut: Cut, recording: Recording) -> _Splitter:
    rate = recording.work_rate
    if not cut.bands_hz:
        separation = Separation(sample_rate=rate, kernel=KERNEL, margin=cut.margin)
        return _Splitter(separation.split, separation.latency)
    if cut.bands_hz[-1] >= HIGHEST * rate:
        raise OutOfRange("band border", f"{cut.bands_hz[-1]:g}", _LOWEST_SPLIT_HZ, round(HIGHEST * rate), "Hz")
    crossover = LinearCrossover(cut.bands_hz, sample_rate=rate)
    return _Splitter(crossover.split, crossover.latency)


def _band_names(bands_hz: tuple[float, ...]) -> tuple[str, ...]:
    edges = [f"{hz:g}" for hz in bands_hz]
    middle = [f"{low}-{high}hz" for low, high in pairwise(edges)]
    return (f"below-{edges[0]}hz", *middle, f"above-{edges[-1]}hz")


def _by_splitting(splitter: _Splitter, recording: Recording, report: Report) -> Iterator[list[Samples]]:
    """Parts block by block, as long as the recording and in time with it."""
    skip = late = splitter.latency
    tail = (np.zeros((recording.channels, min(BLOCK, late - at)), np.float32) for at in range(0, late, BLOCK))
    heard = followed(recording.blocks(), report, "separating", recording.length)
    for block in chain(heard, tail):
        parts = splitter.split(block)
        if skip < block.shape[1]:
            yield [np.ascontiguousarray(part[:, skip:]) for part in parts]
        skip = max(skip - block.shape[1], 0)


def _by_model(demucs: Demucs, recording: Recording, report: Report) -> Iterator[list[Samples]]:
    offset, scale = _statistics(recording.blocks())
    heard = followed(recording.blocks(), report, "separating", recording.length)
    at_rate = resampled(heard, recording.work_rate, demucs.sample_rate)
    for stretch in demucs.parts(at_rate, offset, scale):
        yield list(stretch)


def _statistics(blocks: Iterable[Samples]) -> tuple[float, float]:
    """Mean and standard deviation of the channel mean."""
    count, total, squares = 0, 0.0, 0.0
    for block in blocks:
        mono = block.mean(axis=0, dtype=np.float64)
        count += mono.size
        total += float(mono.sum())
        squares += float(mono @ mono)
    mean = total / max(count, 1)
    return mean, max(float(np.sqrt(max(squares / max(count, 1) - mean * mean, 0.0))), _QUIETEST)


def _write(
    parts: Iterator[list[Samples]], files: Mapping[str, Path], rate: int, recording: Recording, cut: Cut
) -> None:
    bits = "24" if cut.format == "flac" and cut.bits == "32f" else cut.bits
    length = round(recording.length * rate / recording.sample_rate)
    first = next(parts, None)
    if first is None:
        raise UnreadableAudio(f"{recording.path} holds no samples")
    try:
        with ExitStack() as open_files:
            writers = [
                open_files.enter_context(
                    Writer(
                        path,
                        rate,
                        len(sound),
                        format=cut.format,
                        bits=bits,
                        tags=_tagged(recording, name),
                        cover=recording.cover,
                        length=length,
                    )
                )
                for (name, path), sound in zip(files.items(), first, strict=True)
            ]
            for sounds in chain((first,), parts):
                for writer, sound in zip(writers, sounds, strict=True):
                    writer.write(sound)
    except BaseException:
        for path in files.values():
            path.unlink(missing_ok=True)
        raise


def _tagged(recording: Recording, part: str) -> dict[str, str]:
    tags = dict(recording.tags)
    if tags.get("title"):
        tags["title"] = f"{tags['title']} ({part})"
    return tags
