"""Sound files: what is written can be read, refusals are one line, a file is whole or absent."""

import resource
import signal
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sonicforge.errors import CannotWrite, OutOfRange, UnknownName, UnreadableAudio
from sonicforge.sound.audio import Audio, silence
from sonicforge.sound.files import blocks, info, read, write
from sonicforge.sound.writer import Writer

RATE = 48_000
LOSSY = ("mp3", "ogg", "opus", "m4a")
TAGS = {
    "title": "Tïtle ♪",
    "artist": "An Artist",
    "album": "An Album",
    "genre": "deep house",
    "date": "2026",
    "comment": "seed 7",
    "bpm": "124",
    "initialkey": "F minor",
}


def chord(seconds: float = 2.1, *, channels: int = 2, rate: int = RATE) -> Audio:
    """Two quiet tones, not a whole number of any coder's frames long."""
    t = np.arange(round(seconds * rate) + 1) / rate
    rows = [0.3 * np.sin(2 * np.pi * hz * t) + 0.1 * np.sin(2 * np.pi * 3 * hz * t) for hz in (220, 330)]
    return Audio(np.array(rows[:channels], np.float32), rate)


@pytest.fixture(scope="module")
def cover() -> bytes:
    file = BytesIO()
    Image.new("RGB", (64, 48), (10, 90, 200)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("ending", "bits", "error"),
    [("wav", "32f", 0.0), ("wav", "24", 3e-7), ("wav", "16", 6e-5), ("flac", "24", 3e-7), ("flac", "16", 6e-5)],
)
def test_lossless_formats_give_back_the_samples_within_their_dither(
    tmp_path: Path, ending: str, bits: str, error: float
) -> None:
    audio = chord()
    write(tmp_path / f"a.{ending}", audio, bits=bits)
    back = read(tmp_path / f"a.{ending}")
    assert back.samples.shape == audio.samples.shape
    assert back.sample_rate == RATE
    assert np.abs(back.samples - audio.samples).max() <= error


@pytest.mark.parametrize("ending", LOSSY)
def test_lossy_formats_keep_length_and_timing_to_the_sample(tmp_path: Path, ending: str) -> None:
    audio = chord()
    write(tmp_path / f"a.{ending}", audio)
    back = read(tmp_path / f"a.{ending}")
    assert back.samples.shape == audio.samples.shape
    error = back.samples - audio.samples
    assert np.sqrt(np.mean(error[:, 5000:-5000] ** 2)) < 0.01


@pytest.mark.parametrize("ending", LOSSY)
@pytest.mark.parametrize("length", [100, 1000, 4800, 96_000, 143_000, 144_000])
def test_lossy_formats_keep_the_length_of_silence_and_of_a_blip(tmp_path: Path, ending: str, length: int) -> None:
    write(tmp_path / f"a.{ending}", silence(2, length))
    assert info(tmp_path / f"a.{ending}").length == read(tmp_path / f"a.{ending}").length == length
    assert np.abs(read(tmp_path / f"a.{ending}").samples).max() < 1e-20


@pytest.mark.parametrize("ending", ["wav", "flac", *LOSSY])
@pytest.mark.parametrize(("channels", "rate"), [(1, 48_000), (2, 44_100)])
def test_mono_and_other_rates_are_carried_or_converted(tmp_path: Path, ending: str, channels: int, rate: int) -> None:
    audio = chord(1.0, channels=channels, rate=rate)
    write(tmp_path / f"a.{ending}", audio)
    back = read(tmp_path / f"a.{ending}")
    assert back.sample_rate == (48_000 if ending == "opus" else rate)
    assert back.duration_s == pytest.approx(audio.duration_s, abs=2 / rate)
    assert back.channels == channels


@pytest.mark.parametrize("ending", ["flac", "mp3", "ogg", "opus"])
def test_all_tags_come_back(tmp_path: Path, ending: str, cover: bytes) -> None:
    write(tmp_path / f"a.{ending}", chord(0.5), tags=TAGS, cover=cover)
    wanted = {("key" if name == "initialkey" else name): value for name, value in TAGS.items()}
    assert info(tmp_path / f"a.{ending}").tags == wanted


@pytest.mark.parametrize("ending", ["wav", "m4a"])
def test_tags_come_back_where_the_container_has_a_place(tmp_path: Path, ending: str, cover: bytes) -> None:
    write(tmp_path / f"a.{ending}", chord(0.5), tags=TAGS, cover=cover)
    found = info(tmp_path / f"a.{ending}").tags
    assert {name: found[name] for name in ("title", "artist", "album", "genre", "date", "comment")} == {
        name: TAGS[name] for name in ("title", "artist", "album", "genre", "date", "comment")
    }


def test_an_m4a_carries_its_tempo_as_a_number(tmp_path: Path) -> None:
    write(tmp_path / "a.m4a", chord(0.5), tags=TAGS)
    data = (tmp_path / "a.m4a").read_bytes()
    at = data.index(b"tmpo")
    assert struct.unpack(">H", data[at + 20 : at + 22]) == (124,)


@pytest.mark.parametrize("ending", ["flac", "mp3", "m4a"])
def test_the_cover_is_an_attached_picture(tmp_path: Path, ending: str, cover: bytes) -> None:
    import av

    write(tmp_path / f"a.{ending}", chord(0.5), tags=TAGS, cover=cover)
    with av.open(str(tmp_path / f"a.{ending}")) as container:
        picture = container.streams.video[0]
        assert picture.disposition == av.stream.Disposition.attached_pic
        assert (picture.codec_context.width, picture.codec_context.height) == (64, 48)
        assert bytes(next(container.demux(picture))) == cover


@pytest.mark.parametrize("ending", ["ogg", "opus"])
def test_ogg_files_carry_the_cover_as_a_picture_block(tmp_path: Path, ending: str, cover: bytes) -> None:
    import av

    write(tmp_path / f"a.{ending}", chord(0.5), cover=cover)
    with av.open(str(tmp_path / f"a.{ending}")) as container:
        picture = container.streams.video[0]
        assert (picture.codec_context.width, picture.codec_context.height) == (64, 48)


def test_blocks_are_the_file_in_pieces(tmp_path: Path) -> None:
    audio = chord(4.0)
    write(tmp_path / "a.flac", audio)
    pieces = [block.samples for block in blocks(tmp_path / "a.flac")]
    assert len(pieces) > 1
    assert np.array_equal(np.concatenate(pieces, axis=1), read(tmp_path / "a.flac").samples)


@pytest.mark.parametrize("ending", ["wav", "flac", *LOSSY])
def test_a_file_written_in_blocks_holds_the_same_sound(tmp_path: Path, ending: str) -> None:
    audio = chord(3.0)
    write(tmp_path / f"whole.{ending}", audio)
    with Writer(tmp_path / f"blocks.{ending}", RATE, 2) as writer:
        for start in range(0, audio.length, 10_007):
            writer.write(audio.samples[:, start : start + 10_007])
    whole, parts = read(tmp_path / f"whole.{ending}"), read(tmp_path / f"blocks.{ending}")
    assert np.array_equal(whole.samples, parts.samples)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("missing.wav", None, "does not exist"),
        ("empty.wav", b"", "is empty"),
        ("text.wav", b"this is not a sound\n" * 50, "is not a sound file"),
        ("noise.mp3", bytes(range(256)) * 3, "is not a sound file"),
        ("page.flac", b"<html><body>404</body></html>", "is not a sound file"),
    ],
)
def test_what_is_not_sound_is_refused_in_one_line(
    tmp_path: Path, name: str, content: bytes | None, reason: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    for look in (read, info):
        with pytest.raises(UnreadableAudio, match=reason) as refusal:
            look(tmp_path / name)
        assert "\n" not in str(refusal.value)


def test_a_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(UnreadableAudio, match="is a folder"):
        read(tmp_path)


def test_a_picture_is_not_sound(tmp_path: Path, cover: bytes) -> None:
    (tmp_path / "cover.mp3").write_bytes(cover)
    with pytest.raises(UnreadableAudio, match="is not a sound file"):
        read(tmp_path / "cover.mp3")


@pytest.mark.parametrize("ending", ["wav", "flac", "m4a"])
def test_a_file_that_is_cut_off_is_refused(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, (2, 5 * RATE)).astype(np.float32)
    write(path, Audio(noise))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UnreadableAudio, match=r"cut off|cannot be decoded|is not a sound file"):
        read(path)


def test_a_file_without_samples_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", silence(2, 0))
    with pytest.raises(UnreadableAudio, match="holds no samples"):
        read(tmp_path / "a.wav")


def test_unknown_formats_and_depths_are_refused_before_anything_is_touched(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="flac"):
        write(tmp_path / "a.flak", chord(0.1))
    with pytest.raises(UnknownName, match="bit depth"):
        write(tmp_path / "a.flac", chord(0.1), bits="32f")
    with pytest.raises(OutOfRange, match="sample rate"):
        Writer(tmp_path / "a.mp3", 96_000, 2)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg", "mp3"])
def test_a_missing_folder_is_named(tmp_path: Path, ending: str) -> None:
    with pytest.raises(CannotWrite, match=r"nowhere.*no such"):
        write(tmp_path / "nowhere" / f"a.{ending}", chord(0.1))


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """The system refuses to let any file grow beyond `size`, as a full disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.parametrize("ending", ["wav", "flac", *LOSSY])
def test_a_disk_that_refuses_leaves_no_trace_and_the_old_file_alone(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.{ending}"
    path.write_bytes(b"the file before")
    noise = np.random.default_rng(1).uniform(-0.5, 0.5, (2, 10 * RATE)).astype(np.float32)
    with file_size_limit(50_000), pytest.raises(CannotWrite, match=f"a.{ending}"):
        write(path, Audio(noise))
    assert path.read_bytes() == b"the file before"
    assert [left.name for left in tmp_path.iterdir()] == [path.name]


def test_an_error_while_writing_blocks_leaves_no_trace(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), Writer(tmp_path / "a.flac", RATE, 2) as writer:
        writer.write(chord().samples)
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


def test_a_cover_that_is_no_picture_is_a_loud_mistake_without_trace(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a PNG or JPEG"):
        write(tmp_path / "a.opus", chord(0.1), cover=b"JFIF")
    assert not list(tmp_path.iterdir())
