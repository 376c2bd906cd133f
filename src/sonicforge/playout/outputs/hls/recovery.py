"""What was on air before: the sequence as it can be continued after a restart, a crash or a power cut."""

from dataclasses import replace

from sonicforge.errors import UnreadableAudio
from sonicforge.playout.outputs.hls.disk import Disk
from sonicforge.playout.outputs.hls.fragment import samples_in
from sonicforge.playout.outputs.hls.grid import SEGMENT_S
from sonicforge.playout.outputs.hls.ranges import closed
from sonicforge.playout.outputs.hls.sequence import Sequence


def recovered(disk: Disk, renditions: tuple[str, ...], window_s: float, utc: float) -> Sequence:
    """The sequence to go on with at `utc`, not yet saved; the folder holds what it names and nothing else.

    What had been made of an unfinished segment is kept as a shorter one. Without a past, numbers begin with the number
    of segments since 1970: a station that lost its folder still never counts backwards. Raises `OSError`.
    """
    disk.make_folders(renditions)
    past = disk.load()
    if past is None:
        sequence = Sequence(renditions, max(int(utc / SEGMENT_S), disk.highest() + 1))
    elif set(past.renditions) != set(renditions) or not _whole(disk, past):
        sequence = past.emptied(renditions)
    else:
        sequence = _with_tail(disk, past, window_s)
        sequence = replace(sequence, open=None, ranges=closed(sequence.ranges, sequence.end))
    disk.sweep(sequence)
    return sequence.forgetting(disk.delete(number for number, until in sequence.gone if until < utc))


def _whole(disk: Disk, past: Sequence) -> bool:
    """Whether all that is listed is on disk as it was committed; a power cut can take the newest."""
    return all(
        disk.size(name, segment.number) == size for segment in past.listed for name, size in segment.sizes.items()
    )


def _with_tail(disk: Disk, past: Sequence, window_s: float) -> Sequence:
    if past.open is None:
        return past
    number = past.open.number
    ends = {name: disk.chunks(name, number) for name in past.renditions}
    chunks = min(map(len, ends.values()))
    if not chunks:
        return past
    sizes = {name: found[chunks - 1] for name, found in ends.items()}
    for name, size in sizes.items():
        disk.cut(name, number, size)
    name = past.renditions[0]
    try:
        length = samples_in(disk.read_init(name, past.open.inits[name]) + disk.read(name, number))
    except (UnreadableAudio, FileNotFoundError):
        return past
    return past.committed(past.open.position + length, sizes, window_s)
