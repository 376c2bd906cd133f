from dataclasses import replace

import pytest
from mix_band import BAR, BARS, BEATS, hits, make_score, noise, part, plain

from sonicforge.genres.genre import Bus, Compression, Duck, Genre, Send
from sonicforge.genres.load import load
from sonicforge.music.score import TICKS, Score
from sonicforge.sound.audio import Audio


@pytest.fixture(scope="session")
def genre() -> Genre:
    mix = {
        "kick": plain(-5.0, width=0.0, compression=Compression(2.0, 20, 80, 2.0)),
        "pad": plain(-6.0, width=1.2, highpass_hz=150, reverb=Send("HALL", -9.0), duck=Duck("k", 5.0, 180.0)),
        "lead": plain(-6.0, pan=20, width=0.5, delay=Send("D8D", -12.0), reverb=Send("PLATE", -14.0)),
        "hats": plain(-16.0, pan=-10, width=0.4, highpass_hz=3000),
    }
    bus = Bus(0.3, Compression(1.5, 30, 150, 1.0), 1.0, 1.0, 1.5, 16_000.0, -0.5)
    return replace(load("house_deep"), mix=mix, bus=bus)


@pytest.fixture(scope="session")
def score() -> Score:
    eighths = list(range(0, BARS * BAR, TICKS // 2))
    bars = list(range(0, BARS * BAR, BAR))
    return make_score(
        part("k", "kick", BEATS, TICKS // 4, True),
        part("d", "pad", bars, BAR),
        part("l", "lead", bars, BAR // 2),
        part("h", "hats", eighths, TICKS // 8, True),
    )


@pytest.fixture(scope="session")
def stems() -> dict[str, Audio]:
    return {
        "kick": hits(BEATS),
        "pad": noise(seed=1),
        "lead": noise(seed=2, low=500, high=3000),
        "hats": noise(seed=3, low=5000, high=12_000, level=0.02),
    }
