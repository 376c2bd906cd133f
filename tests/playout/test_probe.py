"""The probe hears what a listener would: level, silence, standing still, and bytes that are no sound."""

import av
import numpy as np
import pytest

from sonicforge.errors import UnreadableAudio
from sonicforge.playout.block import BLOCK, RATE
from sonicforge.playout.probe import Ear, Probe, ProbeReading, decoded
from sonicforge.sound.audio import Samples


def music(seconds: float, seed: int = 1) -> Samples:
    t = np.arange(round(seconds * RATE)) / RATE
    sound = 0.2 * np.sin(2 * np.pi * (200 + 30 * np.sin(t)) * t) + 0.05 * np.random.default_rng(seed).standard_normal(
        len(t)
    )
    return np.stack([sound, 0.7 * sound]).astype(np.float32)


def nothing(seconds: float) -> Samples:
    return np.zeros((2, round(seconds * RATE)), np.float32)


class Frames(list[bytes]):
    """Takes what a muxer writes, frame by frame."""

    def write(self, data: bytes) -> int:
        self.append(bytes(data))
        return len(data)


def encoded(sound: Samples, container: str, codec: str) -> Frames:
    target = Frames()
    with av.open(target, "w", format=container, options={"flush_packets": "1"}) as output:
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
    return target


class Clock:
    """Time that passes as sound is fed."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Line:
    """A probe on an encoded stream that runs in its own time."""

    def __init__(self, container: str, codec: str) -> None:
        self.container, self.codec, self.clock = container, codec, Clock()
        self.probe = Probe(container, clock=self.clock)

    def play(self, sound: Samples) -> ProbeReading:
        return self.send(encoded(sound, self.container, self.codec), sound.shape[1] / RATE)

    def send(self, frames: list[bytes], seconds: float) -> ProbeReading:
        for frame in frames:
            self.clock.now += seconds / len(frames)
            self.probe.feed(frame)
        return self.probe.read()


STREAMS = pytest.mark.parametrize(("container", "codec"), [("mp3", "libmp3lame"), ("adts", "aac")])


@STREAMS
def test_music_is_well(container: str, codec: str) -> None:
    reading = Line(container, codec).play(music(13.0))
    assert reading.healthy
    assert reading.level_lufs == pytest.approx(-15.0, abs=3.0)
    assert (reading.silent_s, reading.frozen_s) == (0.0, 0.0)


def test_silence_is_noticed_counted_and_forgiven() -> None:
    line = Line("adts", "aac")
    assert line.play(music(14.0)).healthy
    silent = line.play(nothing(20.0))
    assert not silent.healthy
    assert silent.silent_s == pytest.approx(20.0, abs=6.0)
    one_good_second = line.play(music(3.0))
    assert one_good_second.silent_s == 0.0
    assert not one_good_second.healthy
    assert line.play(music(12.0)).healthy


def test_only_a_part_is_decoded_while_all_is_well(monkeypatch: pytest.MonkeyPatch) -> None:
    import sonicforge.playout.probe as module

    heard = []

    def counted(container: str, data: bytes) -> Samples:
        heard.append(len(data))
        return decoded(container, data)

    monkeypatch.setattr(module, "decoded", counted)
    sound = music(26.0)
    line = Line("adts", "aac")
    assert line.play(sound).healthy
    assert sum(heard) < 0.35 * sum(map(len, encoded(sound, "adts", "aac")))
    assert len(heard) >= 4


def test_a_stream_needs_its_header_and_gets_it() -> None:
    data = b"".join(encoded(music(20.0), "ogg", "libopus"))
    pages = [at for at in range(len(data)) if data.startswith(b"OggS", at)]
    clock = Clock()
    probe = Probe("ogg", header=data[: pages[2]], clock=clock)
    for first, last in zip(pages[2:], [*pages[3:], len(data)], strict=True):
        clock.now += 20.0 / len(pages)
        probe.feed(data[first:last])
    assert probe.read().healthy
    assert probe.read().level_lufs == pytest.approx(-15.0, abs=3.0)


def test_bytes_that_are_no_sound_are_a_fault() -> None:
    line = Line("mp3", "libmp3lame")
    line.play(music(8.0))
    reading = line.send([bytes(400)] * 700, 16.0)
    assert not reading.healthy
    assert reading.frozen_s > 5.0
    assert line.play(music(3.0)).frozen_s == 0.0
    with pytest.raises(UnreadableAudio):
        decoded("mp4", b"nonsense")


def test_a_stream_that_stops_stands_still() -> None:
    line = Line("adts", "aac")
    line.play(music(8.0))
    line.clock.now += 7.0
    reading = line.probe.read()
    assert reading.frozen_s == 7.0
    assert not reading.healthy


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
