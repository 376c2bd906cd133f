"""Sounds whose fingerprints `fpcalc` 1.5.1 was asked for; run as a script to ask it again.

    python tests/analysis/fingerprint_sounds.py

writes `fpcalc_texts.json` beside this file (needs Debian's libchromaprint-tools).
"""

import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from sonicforge.sound.audio import Audio

STORED = Path(__file__).with_name("fpcalc_texts.json")


@dataclass(frozen=True)
class Sound:
    """`depth` is a subtype of libsndfile: PCM_16, PCM_24, FLOAT, PCM_U8."""

    sample_rate: int
    channels: int
    depth: str
    seconds: float
    seed: int = 1

    def audio(self) -> Audio:
        """Chords that change, a beat and noise, as the file holds it."""
        rng = np.random.default_rng(self.seed)
        t = np.arange(round(self.seconds * self.sample_rate)) / self.sample_rate
        sound = np.zeros((self.channels, len(t)))
        for first in np.arange(0, self.seconds, 0.5):
            here = (t >= first) & (t < first + 0.5)
            for note in rng.choice(40, 3) + 40:
                hz = 440 * 2 ** ((note - 69) / 12)
                pan = rng.random(self.channels)
                sound[:, here] += 0.2 * pan[:, None] * np.sin(2 * np.pi * hz * t[here])
        beat = np.exp(-(t % 0.4) / 0.05) * np.sin(2 * np.pi * 60 * t)
        sound += 0.2 * beat + 0.03 * rng.standard_normal(sound.shape)
        return Audio(np.asarray(_stored(np.clip(sound, -1, 1), self.depth), np.float32), self.sample_rate)

    @property
    def sixteen_bit(self) -> bool:
        return self.depth in ("PCM_16", "PCM_U8")


def _stored(sound: np.ndarray, depth: str) -> np.ndarray:
    steps = {"PCM_U8": 128, "PCM_16": 32768, "PCM_24": 1 << 23}.get(depth)
    return sound if steps is None else np.clip(np.rint(sound * steps), -steps, steps - 1) / steps


SOUNDS = {
    "cd": Sound(44_100, 2, "PCM_16", 20.0),
    "studio": Sound(48_000, 2, "PCM_16", 20.3, seed=2),
    "studio in 24 bit": Sound(48_000, 2, "PCM_24", 20.0, seed=3),
    "cd rate in float": Sound(44_100, 2, "FLOAT", 15.0, seed=4),
    "mono": Sound(44_100, 1, "PCM_16", 12.7, seed=5),
    "mono in 24 bit": Sound(48_000, 1, "PCM_24", 12.0, seed=6),
    "no conversion": Sound(11_025, 1, "PCM_16", 12.0, seed=7),
    "only a fold": Sound(11_025, 2, "PCM_16", 12.0, seed=8),
    "between phases": Sound(32_000, 2, "PCM_16", 12.0, seed=9),
    "upwards": Sound(8_000, 1, "PCM_16", 12.0, seed=10),
    "eight bit": Sound(22_050, 1, "PCM_U8", 12.0, seed=11),
    "high rate": Sound(96_000, 2, "PCM_24", 8.0, seed=12),
    "highest rate": Sound(192_000, 2, "PCM_16", 5.0, seed=13),
    "surround": Sound(48_000, 6, "PCM_16", 10.0, seed=14),
    "just long enough": Sound(44_100, 2, "PCM_16", 2.8, seed=15),
}


def write(sound: Sound, path: Path) -> Path:
    """The sound as a file that holds exactly these samples."""
    audio = sound.audio()
    soundfile.write(path, audio.samples.T, audio.sample_rate, subtype=sound.depth, format="WAV")
    return path


def by_fpcalc(path: Path, *options: str) -> str:
    """What fpcalc prints; it ends with 3 after sound that is shorter than what it may hear, having heard it all."""
    asked = subprocess.run(["fpcalc", "-plain", *options, str(path)], capture_output=True, text=True, check=False)
    assert asked.returncode in (0, 3), asked.stderr
    return asked.stdout.strip()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        told = {name: by_fpcalc(write(sound, Path(folder) / "sound.wav")) for name, sound in SOUNDS.items()}
    STORED.write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()
