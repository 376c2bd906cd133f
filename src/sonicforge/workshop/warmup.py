"""Compiling the kernels of the workshop ahead of time: every effect, analysis, mastering and fingerprints."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from sonicforge.effects.catalogue import catalogue
from sonicforge.effects.parameter import Choice, Effect, Parameter
from sonicforge.sound.audio import Audio, Samples

ANALYSIS, MASTERING, FINGERPRINTS = "analysis", "mastering", "fingerprints"

_RATE = 48_000
_LOUD = 4.0
"""Far over full scale, so that limiter and soft clip have something to do."""


def families() -> tuple[str, ...]:
    """What can be warmed up: the effects by name, then what works on files."""
    return (*sorted(catalogue()), ANALYSIS, MASTERING, FINGERPRINTS)


def warm_up(family: str) -> None:
    """Send a little sound through one family. Numba keeps the kernels on disk for whoever comes next."""
    if family == ANALYSIS:
        _analyse()
    elif family == MASTERING:
        _master()
    elif family == FINGERPRINTS:
        _fingerprint()
    else:
        _process(catalogue()[family])


def _process(row: Effect) -> None:
    """With every name that can be chosen."""
    for settings in _settings(row):
        processor = row.build(settings, sample_rate=_RATE)
        sound = np.random.default_rng(1).standard_normal((2, processor.latency + 16_384)) * 0.3
        processor.process(sound.astype(np.float32))


def _settings(row: Effect) -> Iterator[dict[str, object]]:
    yield {}
    # What does nothing at its defaults has kernels all the same.
    yield {parameter.name: parameter.high for parameter in row.parameters if isinstance(parameter, Parameter)}
    for choice in row.parameters:
        if isinstance(choice, Choice):
            for option in choice.options:
                yield {choice.name: option}


def _analyse() -> None:
    from sonicforge.analysis.live import LiveAnalyser
    from sonicforge.workshop.analyse import analyse

    with TemporaryDirectory() as folder:
        analyse(_written(Path(folder) / "beats.wav", _beats(12)), _unheard, pictures=True)
    LiveAnalyser(_RATE).process(_beats(3))


def _master() -> None:
    """Towards a reference, into a lossless and a lossy file of another rate, with every kind of dither."""
    from sonicforge.sound.dither import DITHERS
    from sonicforge.workshop.master import Wishes, hear_reference, master_file
    from sonicforge.workshop.mastering.preset import load, names

    presets = [load(name) for name in names()]
    with TemporaryDirectory() as place:
        folder = Path(place)
        source = _written(folder / "beats.wav", _LOUD * _beats(12))
        reference = hear_reference(_written(folder / "reference.wav", np.cumsum(_beats(12), axis=1) * 0.01))
        for preset in presets:
            master_file(source, folder / "out.wav", Wishes(preset, (reference,), compare=folder / "both.wav"))
        for dither in DITHERS:
            master_file(source, folder / "out.wav", Wishes(presets[0], bits="16", dither=dither, sample_rate=44_100))
        master_file(source, folder / "out.mp3", Wishes(presets[0]))


def _fingerprint() -> None:
    from sonicforge.analysis.fingerprint.fingerprint import fingerprint
    from sonicforge.analysis.fingerprint.match import compare

    sound = _beats(12)
    codes = [
        fingerprint(Audio(sound[:channels], rate), sixteen_bit=sixteen_bit)
        for rate in (_RATE, 44_100)
        for channels in (1, 2)
        for sixteen_bit in (False, True)
    ]
    compare(codes[0], codes[1])
    # Codes that come out of an index cannot be written to, which makes kernels of their own.
    for kept in codes:
        kept.flags.writeable = False
    compare(codes[0], codes[1])
    compare(codes[0].copy(), codes[1])


def _beats(seconds: int) -> Samples:
    """Half a second of chirp after the other, the sides a little apart."""
    at = np.arange(seconds * _RATE) % (_RATE // 2)
    left = np.sin(at * at[::-1] * 2.5e-6) * np.exp(-at / 4000)
    return np.stack([left, np.roll(left, 9)]).astype(np.float32)


def _written(path: Path, sound: Samples) -> Path:
    from sonicforge.sound.files import write

    write(path, Audio(sound, _RATE), format="wav", bits="32f")
    return path


def _unheard(_stage: str, _share: float) -> None:
    """A report that nobody reads."""
