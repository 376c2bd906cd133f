"""The probe hears what a listener would: level, silence, standing still, and bytes that are no sound."""

from io import BytesIO

import av
import numpy as np
import pytest

from sonicforge.errors import UnreadableAudio
from sonicforge.playout.block import BLOCK, RATE
from sonicforge.playout.probe import Ear, Probe, decoded
from sonicforge.sound.audio import Samples


def music(seconds: float, seed: int = 1) -> Samples:
    t = np.arange(round(seconds * RATE)) / RATE
    sound = 0.2 * np.sin(2 * np.pi * (200 + 30 * np.sin(t)) * t) + 0.05 * np.random.default_rng(seed).standard_normal(
        len(t)
    )
    return np.stack([sound, 0.7 * sound]).astype(np.float32)


def nothing(seconds: float) -> Samples:
    return np.zeros((2, round(seconds * RATE)), np.float32)


def encoded(sound: Samples, container: str, codec: str) -> bytes:
    target = BytesIO()
    with av.open(target, "w", format=container) as output:
        stream = output.add_stream(codec, rate=RATE)
        stream.layout = "stereo"
        for at in range(0, sound.shape[1], 4800):
            piece = np.ascontiguousarray(sound[:, at : at + 4800])
            frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = RATE, at
            for packet in stream.encode(frame):
                output.mux(packet)
        for packet in stream.encode(None):
            output.mux(packet)
    return target.getvalue()


def fed(probe: Probe, data: bytes, size: int = 1500) -> Probe:
    for at in range(0, len(data), size):
        probe.feed(data[at : at + size])
    return probe


@pytest.mark.parametrize(("container", "codec"), [("mp3", "libmp3lame"), ("adts", "aac")])
def test_music_is_well(container: str, codec: str) -> None:
    reading = fed(Probe(container), encoded(music(30.0), container, codec)).read()
    assert reading.healthy
    assert reading.level_lufs == pytest.approx(-15.0, abs=3.0)
    assert (reading.silent_s, reading.frozen_s) == (0.0, 0.0)


@pytest.mark.parametrize(("container", "codec"), [("mp3", "libmp3lame"), ("adts", "aac")])
def test_silence_is_noticed_counted_and_forgiven(container: str, codec: str) -> None:
    probe = fed(Probe(container), encoded(music(20.0), container, codec))
    assert probe.read().healthy
    fed(probe, encoded(nothing(20.0), container, codec))
    silent = probe.read()
    assert not silent.healthy
    assert silent.silent_s == pytest.approx(18.0, abs=6.0)
    fed(probe, encoded(music(3.0), container, codec))
    assert probe.read().silent_s == 0.0
    assert not probe.read().healthy, "one good second after a fault is not health"
    fed(probe, encoded(music(12.0), container, codec))
    assert probe.read().healthy


def test_only_a_part_is_decoded_while_all_is_well() -> None:
    probe = Probe("mp3")
    data = encoded(music(60.0), "mp3", "libmp3lame")
    heard = []
    listen = probe._listen

    def counted(stretch: bytes) -> None:
        heard.append(len(stretch))
        listen(stretch)

    probe._listen = counted  # type: ignore[method-assign]
    fed(probe, data)
    assert sum(heard) < 0.3 * len(data)
    assert len(heard) >= 8


def test_a_stream_needs_its_header_and_gets_it() -> None:
    data = encoded(music(20.0), "ogg", "libopus")
    pages = [at for at in range(len(data)) if data.startswith(b"OggS", at)]
    header = data[: pages[2]]
    probe = Probe("ogg", header=header)
    for first, last in zip(pages[2:], [*pages[3:], len(data)], strict=True):
        probe.feed(data[first:last])
    assert probe.read().healthy
    assert probe.read().level_lufs == pytest.approx(-15.0, abs=3.0)


def test_bytes_that_are_no_sound_are_a_fault() -> None:
    probe = fed(Probe("mp3"), encoded(music(10.0), "mp3", "libmp3lame"))
    fed(probe, bytes(400_000))
    assert not probe.read().healthy
    assert probe.read().frozen_s > 5.0
    with pytest.raises(UnreadableAudio):
        decoded("mp4", b"nonsense")


def test_the_same_piece_over_and_over_is_standing_still() -> None:
    ear = Ear()
    ear.hear(music(3.0))
    piece = music(BLOCK / RATE, seed=5)
    for _ in range(70):
        reading = ear.hear(piece)
    assert reading.frozen_s == pytest.approx(6.6, abs=0.2)
    assert not reading.healthy


def test_a_long_chord_is_not_standing_still() -> None:
    t = np.arange(20 * RATE) / RATE
    chord = sum(0.1 * np.sin(2 * np.pi * f * t) for f in (220.0, 220.4, 277.2, 329.6))
    reading = Ear().hear(np.stack([chord, chord]).astype(np.float32))
    assert reading.frozen_s < 1.0
    assert reading.healthy


def test_a_constant_voltage_is_silence() -> None:
    reading = Ear().hear(np.full((2, 10 * RATE), 0.5, np.float32))
    assert reading.silent_s == pytest.approx(10.0, abs=0.2)
    assert not reading.healthy


def test_between_the_thresholds_nothing_changes() -> None:
    quiet = np.random.default_rng(3).standard_normal((2, 3 * RATE)).astype(np.float32)
    faint = quiet * np.float32(10 ** (-57.5 / 20))
    after_music = Ear()
    after_music.hear(music(1.0))
    assert after_music.hear(faint).silent_s == 0.0
    after_silence = Ear()
    after_silence.hear(nothing(1.0))
    assert after_silence.hear(faint).silent_s == pytest.approx(4.0, abs=0.3)


def test_a_part_stands_for_the_whole_stretch() -> None:
    assert Ear().hear(nothing(0.96), stands_for_s=5.952).silent_s == pytest.approx(5.95, abs=0.01)


def test_before_any_sound_there_is_no_level() -> None:
    assert Ear().read().level_lufs is None
