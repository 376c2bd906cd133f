"""The way of a file job: recording -> blocks -> processors -> file, each block passed on as soon as it is made."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import numpy as np

from sonicforge.effects.processor import Processor
from sonicforge.errors import Conflict, OutOfRange, UnreadableAudio
from sonicforge.sound.audio import Samples
from sonicforge.sound.channels import MOST
from sonicforge.sound.encoding import FORMATS
from sonicforge.sound.resample import resampled
from sonicforge.sound.tags import Tags
from sonicforge.sound.writer import Writer, checked_format
from sonicforge.workshop.recording import BLOCK, Recording, in_blocks, open_recording

__all__ = [
    "BLOCK",
    "RATES",
    "Recording",
    "Report",
    "followed",
    "in_blocks",
    "not_an_input",
    "open_recording",
    "place_of",
    "rate_in",
    "save",
    "through",
]

Report = Callable[[str, float], None]
"""Hears how a job goes: the stage's name, the share of the whole job that is done (0 to 1)."""

RATES = (8_000, 192_000)
_WAITING = 2


def through(blocks: Iterable[Samples], processor: Processor) -> Iterator[Samples]:
    """The stream through a processor from a fresh start: as long as it was and in time, its latency taken away."""
    processor.reset()
    skip = processor.latency
    for out in _processed(blocks, processor):
        if skip < out.shape[1]:
            yield np.ascontiguousarray(out[:, skip:])
        skip = max(skip - out.shape[1], 0)


def _processed(blocks: Iterable[Samples], processor: Processor) -> Iterator[Samples]:
    """What comes out of the processor, and then what silence pushes out of it."""
    channels = 0
    for block in blocks:
        channels = block.shape[0]
        yield processor.process(block)
    for first in range(0, processor.latency if channels else 0, BLOCK):
        yield processor.process(np.zeros((channels, min(BLOCK, processor.latency - first)), np.float32))


def followed(
    blocks: Iterable[Samples], report: Report, stage: str, length: int, *, start: float = 0.0, end: float = 1.0
) -> Iterator[Samples]:
    """The same blocks, reporting how much of `length` samples has passed as a share from `start` to `end`."""
    done = 0
    report(stage, start)
    for block in blocks:
        yield block
        done += block.shape[1]
        if length:
            report(stage, start + (end - start) * min(done / length, 1.0))
    report(stage, end)


def save(
    blocks: Iterable[Samples],
    out: Path | str,
    recording: Recording,
    *,
    format: str = "",  # noqa: A002 - the word musicians use
    bits: str = "24",
    bitrate: int | None = None,
    sample_rate: int | None = None,
    tags: Tags | None = None,
    dither: str = "tpdf",
) -> None:
    """Write blocks at `recording.work_rate` to `out`, with the recording's tags and cover; `tags` come on top.

    The file gets the recording's own rate, or 48 kHz where the format cannot carry that, unless `sample_rate` asks
    otherwise. A tag set to "" is left out. `dither` is one of `sound.dither.DITHERS`; "none" is right for samples that
    lie on the steps of `bits` already. The file appears whole or not at all. Raises `Conflict` if `out` is the
    recording itself or cannot carry its channels, `OutOfRange`, `UnknownName`, `CannotWrite`.
    """
    out = Path(out)
    not_an_input(out, (recording.path,))
    name = checked_format(out, format, bits)
    rate = rate_in(name, recording.sample_rate, sample_rate)
    stream = iter(blocks)
    first = next(stream, None)
    if first is None:
        raise UnreadableAudio(f"{recording.path} holds no samples")
    _check_channels(name, len(first))
    sound = resampled(chain((first,), stream), recording.work_rate, rate)
    if rate == recording.sample_rate != recording.work_rate:
        sound = _as_long_as(sound, recording.length)
    with Writer(
        out,
        rate,
        len(first),
        format=name,
        bits=bits,
        bitrate=bitrate,
        tags={**recording.tags, **(tags or {})},
        cover=recording.cover,
        dither=dither,
        length=round(recording.length * rate / recording.sample_rate),
    ) as writer:
        _write_behind(writer, sound)


def _check_channels(name: str, channels: int) -> None:
    carried = FORMATS[name].channels
    if channels not in carried:
        known = ", ".join(map(str, carried)) if len(carried) <= MOST else f"1 to {carried[-1]}"
        raise Conflict(f"{name} cannot carry {channels} channels; it can {known}")


def not_an_input(out: Path, inputs: Iterable[Path]) -> None:
    """Raises `Conflict` if `out` is one of `inputs`, by whatever name, link or way."""
    if (place := place_of(out)) is not None and place in map(place_of, inputs):
        raise Conflict(f"{out} is the input itself; choose another name for the result")


def place_of(path: Path) -> tuple[int, int] | None:
    """Where the content of a file lies, the same for all its names; None for what is not there or cannot be reached."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def rate_in(name: str, own: int, wanted: int | None = None) -> int:
    """The sample rate of a file in format `name`: the one wanted, else the sound's own, else 48 kHz.

    Raises `OutOfRange` and `Conflict` if the format cannot carry the one wanted.
    """
    carried = FORMATS[name].rates
    if wanted is None:
        return own if not carried or own in carried else 48_000
    low, high = (carried[0], carried[-1]) if carried else RATES
    if not low <= wanted <= high:
        raise OutOfRange("sample rate", wanted, low, high, "Hz")
    if carried and wanted not in carried:
        raise Conflict(f"{name} cannot carry {wanted} Hz; it can {', '.join(map(str, carried))}")
    return wanted


def _as_long_as(blocks: Iterator[Samples], length: int) -> Iterator[Samples]:
    """Takes away or adds the one sample that two conversions may round a stream to."""
    total = 0
    held: Samples | None = None
    for block in blocks:
        if held is not None:
            yield held
        total += block.shape[1]
        held = block
    if held is None:
        return
    if total == length + 1 and held.shape[1] > 1:
        held = np.ascontiguousarray(held[:, :-1])
    elif total == length - 1:
        held = np.concatenate([held, held[:, -1:]], axis=1)
    yield held


def _write_behind(writer: Writer, blocks: Iterable[Samples]) -> None:
    """Encode in a thread of its own while the next block is made."""
    with ThreadPoolExecutor(1) as hand:
        waiting: deque[Future[None]] = deque()
        for block in blocks:
            waiting.append(hand.submit(writer.write, block))
            if len(waiting) > _WAITING:
                waiting.popleft().result()
        for one in waiting:
            one.result()
