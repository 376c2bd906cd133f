"""The way of a file job: same length, in time, bounded, whole or absent; tags and cover go along."""

import os
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sonicforge.effects.chain import Chain
from sonicforge.effects.compressor import Compressor
from sonicforge.effects.gain import Gain
from sonicforge.errors import CannotWrite, Conflict, OutOfRange, UnreadableAudio
from sonicforge.sound.audio import Audio, Samples
from sonicforge.sound.channels import channel_change, fold
from sonicforge.sound.decoding import read_cover
from sonicforge.sound.encoding import FORMATS
from sonicforge.sound.files import info, read, write
from sonicforge.sound.resample import resample, resampled
from sonicforge.workshop.ahead import ahead
from sonicforge.workshop.flow import BLOCK, Recording, followed, in_blocks, open_recording, save, through

TAGS = {"title": "Tïtle ♪", "artist": "An Artist", "album_artist": "Many", "track": "3/12", "composer": "Somebody"}


class Late:
    """Delays by `latency` samples and counts what it was given."""

    def __init__(self, latency: int) -> None:
        self.latency = latency
        self.reset()

    def reset(self) -> None:
        self.heard = 0
        self._past: Samples | None = None

    def process(self, block: Samples) -> Samples:
        past = np.zeros((len(block), self.latency), np.float32) if self._past is None else self._past
        both = np.concatenate([past, block], axis=1)
        self.heard += block.shape[1]
        self._past = both[:, block.shape[1] :]
        return both[:, : block.shape[1]]


def noise(length: int, channels: int = 2, seed: int = 1) -> Samples:
    return (np.random.default_rng(seed).standard_normal((channels, length)) * 0.1).astype(np.float32)


def in_pieces(x: Samples, *sizes: int) -> Iterator[Samples]:
    first = 0
    for size in sizes:
        yield x[:, first : first + size]
        first += size
    yield x[:, first:]


def whole(blocks: Iterator[Samples]) -> Samples:
    return np.concatenate(list(blocks), axis=1)


def saved(path: Path, x: Samples, rate: int = 48_000, subtype: str = "FLOAT") -> Path:
    soundfile.write(path, x.T, rate, subtype=subtype)
    return path


def picture(kind: str) -> bytes:
    file = BytesIO()
    Image.new("RGB", (40, 30), (200, 80, 10)).save(file, kind)
    return file.getvalue()


# ---------------------------------------------------------------- streams


@given(
    sizes=st.lists(st.integers(0, 3000), max_size=8),
    latency=st.sampled_from([0, 1, 7, 1000, 5000]),
    more=st.integers(1, 4000),
)
@settings(max_examples=60, deadline=None)
def test_through_keeps_length_and_time_for_any_blocks_and_latency(sizes: list[int], latency: int, more: int) -> None:
    x = noise(sum(sizes) + more, seed=latency)
    assert np.array_equal(whole(through(in_pieces(x, *sizes), Late(latency))), x)


def test_through_starts_afresh_each_time() -> None:
    processor = Chain([Compressor(threshold_db=-30, ratio=4, look_ahead_ms=3), Late(77)])
    x = noise(20_000)
    assert np.array_equal(whole(through([x], processor)), whole(through([x], processor)))


def test_nothing_in_nothing_out() -> None:
    assert not list(through([], Late(5)))
    assert not list(resampled([], 44_100, 48_000))
    assert not list(in_blocks([np.zeros((2, 0), np.float32)]))


@given(sizes=st.lists(st.integers(0, 900), max_size=12), size=st.integers(1, 500))
@settings(max_examples=60, deadline=None)
def test_in_blocks_gives_equal_blocks_and_one_rest(sizes: list[int], size: int) -> None:
    x = noise(sum(sizes))
    blocks = list(in_blocks(in_pieces(x, *sizes), size))
    assert [block.shape[1] for block in blocks[:-1]] == [size] * (len(blocks) - 1)
    assert all(0 < block.shape[1] <= size and block.flags.c_contiguous for block in blocks)
    assert np.array_equal(np.concatenate([np.zeros((2, 0), np.float32), *blocks], axis=1), x)


@pytest.mark.parametrize(("source", "target"), [(44_100, 48_000), (48_000, 44_100), (8000, 48_000), (192_000, 96_000)])
def test_a_resampled_stream_is_the_resampled_whole(source: int, target: int) -> None:
    x = noise(30_011)
    streams = [whole(resampled(in_pieces(x, *sizes), source, target)) for sizes in ((), (1, 2, 77, 10_000, 0, 5))]
    assert np.array_equal(*streams)
    assert streams[0].shape[1] == (2 * 30_011 * target + source) // (2 * source)
    assert np.allclose(streams[0], resample(Audio(x, source), target, quality="VHQ").samples[:, : streams[0].shape[1]])


def test_a_resampled_tone_is_in_time() -> None:
    t = np.arange(48_000) / 48_000
    tone = np.sin(2 * np.pi * 1000 * t).astype(np.float32)[None]
    got = whole(resampled(in_pieces(tone, 4096, 4096), 48_000, 44_100))
    wanted = np.sin(2 * np.pi * 1000 * np.arange(got.shape[1]) / 44_100)
    assert np.abs(got[0] - wanted)[500:-500].max() < 1e-4


def test_a_single_sample_survives_every_rate() -> None:
    for source, target in ((48_000, 8000), (8000, 48_000), (192_000, 44_100)):
        assert whole(resampled([np.full((1, 1), 0.5, np.float32)], source, target)).shape[1] >= 1


def test_ahead_passes_items_in_order_and_errors_in_place() -> None:
    def made() -> Iterator[int]:
        yield from range(10)
        raise UnreadableAudio("cut off")

    heard = []
    with pytest.raises(UnreadableAudio, match="cut off"):
        for item in ahead(made()):
            heard.append(item)  # noqa: PERF402 - what came before the error counts
    assert heard == list(range(10))


def test_ahead_ends_its_source_and_its_thread_when_the_taker_stops() -> None:
    ended = threading.Event()

    def made() -> Iterator[int]:
        try:
            yield from range(1000)
        finally:
            ended.set()

    before = threading.active_count()
    stream = ahead(made())
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert ended.is_set()
    assert threading.active_count() == before


def test_followed_reports_a_share_that_only_grows_to_the_end() -> None:
    heard: list[tuple[str, float]] = []
    blocks = in_pieces(noise(10_000), 3000, 3000)
    list(followed(blocks, lambda stage, share: heard.append((stage, share)), "hearing", 10_000, start=0.25, end=0.5))
    shares = [share for _, share in heard]
    assert shares[0] == 0.25
    assert shares[-1] == 0.5
    assert shares == sorted(shares)
    assert {stage for stage, _ in heard} == {"hearing"}


# ---------------------------------------------------------------- channels


@pytest.mark.parametrize("channels", range(3, 9))
def test_no_fold_down_can_overload_and_it_keeps_left_and_right_apart(channels: int) -> None:
    matrix = fold(channels)
    assert matrix.shape == (2, channels)
    assert np.allclose(matrix.sum(axis=1), 1.0)
    assert matrix[0, 1] == matrix[1, 0] == 0


def test_five_one_folds_down_after_bs_775() -> None:
    left, right, centre, low, rear_left, rear_right = np.eye(6, dtype=np.float32)
    change = channel_change(6, 2)

    def level(channel: Samples) -> list[float]:
        return [float(value) for value in 20 * np.log10(np.maximum(change(channel[:, None])[:, 0], 1e-9) / side)]

    side = change(left[:, None])[0, 0]
    assert level(left) == pytest.approx([0, level(left)[1]])
    assert level(centre) == pytest.approx([-3.01, -3.01], abs=0.01)
    assert level(rear_left)[0] == pytest.approx(-3.01, abs=0.01)
    assert level(rear_left)[1] < -100
    assert level(rear_right)[1] == pytest.approx(-3.01, abs=0.01)
    assert level(right)[1] == pytest.approx(0, abs=0.01)
    assert not change(low[:, None]).any()


def test_stereo_to_mono_is_the_mean_and_mono_to_stereo_the_same_twice() -> None:
    x = noise(100)
    assert np.allclose(channel_change(2, 1)(x)[0], x.mean(axis=0))
    assert np.array_equal(channel_change(1, 2)(x[:1]), np.stack([x[0], x[0]]))
    assert channel_change(2, 2)(x) is x


def test_impossible_channels_are_refused() -> None:
    with pytest.raises(OutOfRange, match="12"):
        channel_change(12, 2)
    with pytest.raises(Conflict, match="5 channels"):
        channel_change(2, 5)


# ---------------------------------------------------------------- recordings


@pytest.mark.parametrize(
    ("rate", "work"), [(8000, 48_000), (22_050, 48_000), (44_100, 44_100), (96_000, 96_000), (192_000, 96_000)]
)
def test_work_is_done_between_32_and_96_khz_and_comes_back_at_the_files_rate(
    tmp_path: Path, rate: int, work: int
) -> None:
    length = 3 * rate // 2 + 1
    recording = open_recording(saved(tmp_path / "a.wav", noise(length), rate))
    assert (recording.sample_rate, recording.work_rate, recording.length) == (rate, work, length)
    sound = whole(recording.blocks())
    assert sound.shape == (2, recording.work_length)
    save(recording.blocks(), tmp_path / "b.flac", recording)
    back = read(tmp_path / "b.flac")
    assert (back.sample_rate, back.length) == (rate, length)


def test_a_recording_can_be_walked_again_and_again_in_equal_blocks(tmp_path: Path) -> None:
    x = noise(3 * BLOCK + 17)
    recording = open_recording(saved(tmp_path / "a.wav", x))
    blocks = list(recording.blocks())
    assert [block.shape for block in blocks] == [(2, BLOCK)] * 3 + [(2, 17)]
    assert np.array_equal(np.concatenate(blocks, axis=1), x)
    assert np.array_equal(whole(recording.blocks()), x)


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 5, 6, 7, 8])
def test_channels_2_folds_surround_and_leaves_mono_alone(tmp_path: Path, channels: int) -> None:
    x = noise(5000, channels)
    path = saved(tmp_path / "a.wav", x)
    assert open_recording(path).channels == channels
    recording = open_recording(path, channels=2)
    assert recording.channels == min(channels, 2)
    got = whole(recording.blocks())
    assert np.allclose(got, x if channels < 3 else fold(channels) @ x, atol=1e-6)


def test_samples_that_are_not_numbers_or_beyond_all_reason_are_made_harmless(tmp_path: Path) -> None:
    x = np.array([[0.5, np.nan, np.inf, -np.inf, 1e20, -0.5]], np.float32)
    got = whole(open_recording(saved(tmp_path / "a.wav", x)).blocks())
    assert got.tolist() == [[0.5, 0.0, 1e6, -1e6, 1e6, -0.5]]


@pytest.mark.parametrize(
    ("subtype", "depth"), [("PCM_U8", "8"), ("PCM_16", "16"), ("PCM_24", "24"), ("FLOAT", "32f"), ("DOUBLE", "64f")]
)
def test_a_recording_knows_its_depth(tmp_path: Path, subtype: str, depth: str) -> None:
    assert open_recording(saved(tmp_path / "a.wav", noise(10), subtype=subtype)).depth == depth


def test_a_file_cut_in_the_middle_is_refused_while_it_is_read(tmp_path: Path) -> None:
    write(tmp_path / "a.flac", Audio(noise(20 * BLOCK)))
    data = (tmp_path / "a.flac").read_bytes()
    (tmp_path / "cut.flac").write_bytes(data[: len(data) // 2])
    recording = open_recording(tmp_path / "cut.flac")
    with pytest.raises(UnreadableAudio, match=r"cut\.flac"):
        save(through(recording.blocks(), Gain()), tmp_path / "out.flac", recording)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.flac", "cut.flac"]


# ---------------------------------------------------------------- saving


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("source", ["flac", "mp3", "m4a", "ogg", "opus"])
@pytest.mark.parametrize("target", ["flac", "mp3", "m4a", "ogg", "opus"])
def test_cover_and_tags_go_along_from_any_format_to_any_other(
    tmp_path: Path, source: str, target: str, kind: str
) -> None:
    cover = picture(kind)
    write(tmp_path / f"a.{source}", Audio(noise(4800)), tags=TAGS, cover=cover)
    recording = open_recording(tmp_path / f"a.{source}")
    assert recording.cover == cover
    save(recording.blocks(), tmp_path / f"b.{target}", recording, tags={"artist": "Me", "composer": ""})
    assert read_cover(tmp_path / f"b.{target}") == cover
    found = info(tmp_path / f"b.{target}").tags
    assert {name: found.get(name) for name in TAGS} == TAGS | {"artist": "Me", "composer": None}


def test_a_cover_of_another_kind_becomes_a_png_and_rubbish_is_left_out(tmp_path: Path) -> None:
    from sonicforge.sound.covers import usable_cover

    usable = usable_cover(picture("BMP"))
    assert usable is not None
    assert usable.startswith(b"\x89PNG")
    assert usable_cover(b"no picture at all") is None


def test_levels_and_encoders_are_not_carried_but_foreign_tags_are(tmp_path: Path) -> None:
    import av

    write(tmp_path / "a.flac", Audio(noise(4800)))
    with av.open(str(tmp_path / "a.flac")) as bare, av.open(str(tmp_path / "b.flac"), "w") as tagged:
        stream = tagged.add_stream_from_template(bare.streams.audio[0])
        tagged.metadata.update({"REPLAYGAIN_TRACK_GAIN": "-7 dB", "MUSICBRAINZ_TRACKID": "a-b-c", "TITLE": "T"})
        for packet in bare.demux(audio=0):
            if packet.dts is not None:
                packet.stream = stream
                tagged.mux(packet)
    recording = open_recording(tmp_path / "b.flac")
    assert recording.tags == {"title": "T", "musicbrainz_trackid": "a-b-c"}
    save(recording.blocks(), tmp_path / "c.mp3", recording)
    assert open_recording(tmp_path / "c.mp3").tags == recording.tags


@pytest.mark.parametrize("way", ["same", "relative", "symbolic link", "hard link", "through a linked folder"])
def test_the_input_is_never_overwritten_by_whatever_way_it_is_named(
    tmp_path: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path / "a.wav", noise(1000))
    before = path.read_bytes()
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "symbolic.wav").symlink_to(path)
    (tmp_path / "below").mkdir()
    os.link(path, tmp_path / "hard.wav")
    names = {
        "same": path, "relative": Path("below/../a.wav"), "symbolic link": tmp_path / "symbolic.wav",
        "hard link": tmp_path / "hard.wav", "through a linked folder": tmp_path / "folder" / "a.wav",
    }  # fmt: skip
    recording = open_recording(path)
    with pytest.raises(Conflict, match="is the input itself"):
        save(recording.blocks(), names[way], recording)
    assert path.read_bytes() == before


def test_what_a_format_cannot_carry_is_refused_or_becomes_48_khz(tmp_path: Path) -> None:
    recording = open_recording(saved(tmp_path / "a.wav", noise(1000, 6), 44_100))
    with pytest.raises(Conflict, match=r"mp3 cannot carry 6 channels; it can 1, 2"):
        save(recording.blocks(), tmp_path / "b.mp3", recording)
    with pytest.raises(Conflict, match=r"opus cannot carry 44100"):
        save(recording.blocks(), tmp_path / "b.opus", recording, sample_rate=44_100)
    with pytest.raises(OutOfRange, match="sample rate"):
        save(recording.blocks(), tmp_path / "b.wav", recording, sample_rate=10)
    save(recording.blocks(), tmp_path / "b.opus", recording)
    assert info(tmp_path / "b.opus").sample_rate == 48_000


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg", "opus", "m4a"])
@pytest.mark.parametrize("channels", [3, 4, 5, 6, 7, 8])
def test_surround_keeps_its_order_or_is_refused_in_every_format(tmp_path: Path, ending: str, channels: int) -> None:
    if channels not in FORMATS[ending].channels:
        with pytest.raises(Conflict, match=f"cannot carry {channels} channels"):
            save([noise(10, channels)], tmp_path / f"b.{ending}", open_recording(saved(tmp_path / "a.wav", noise(10))))
        return
    t = np.arange(24_000) / 48_000
    x = np.array([0.3 * np.sin(2 * np.pi * 60 * (k + 1) * t) for k in range(channels)], np.float32)
    recording = open_recording(saved(tmp_path / "a.wav", x))
    save(recording.blocks(), tmp_path / f"b.{ending}", recording)
    back = whole(open_recording(tmp_path / f"b.{ending}").blocks())
    assert back.shape == x.shape
    tones = np.abs(np.fft.rfft(back[:, :24_000], axis=1))[:, : 30 * (channels + 2)]
    assert (tones.argmax(axis=1) / 30 - 1).round().tolist() == list(range(channels))


def test_an_unwritable_folder_and_a_full_disk_are_one_line_and_leave_nothing(tmp_path: Path) -> None:
    recording = open_recording(saved(tmp_path / "a.wav", noise(1000)))
    with pytest.raises(CannotWrite, match="no such"):
        save(recording.blocks(), tmp_path / "nowhere" / "b.flac", recording)
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


def test_work_that_fails_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    recording = open_recording(saved(tmp_path / "a.wav", noise(5 * BLOCK)))

    def broken() -> Iterator[Samples]:
        for count, block in enumerate(recording.blocks()):
            if count == 3:
                raise KeyboardInterrupt
            yield block

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt):
        save(broken(), tmp_path / "b.flac", recording)
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]
    assert threading.active_count() == before


def test_a_processor_may_make_stereo_of_mono(tmp_path: Path) -> None:
    recording = open_recording(saved(tmp_path / "a.wav", noise(1000, 1)))
    save((np.repeat(block, 2, axis=0) for block in recording.blocks()), tmp_path / "b.wav", recording)
    assert info(tmp_path / "b.wav").channels == 2


def test_recordings_are_values(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.wav", noise(10))
    assert open_recording(path) == open_recording(path)
    assert isinstance(open_recording(path), Recording)
