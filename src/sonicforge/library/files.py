"""The files of a take, written as its sound comes to be: stems while others are rendered, the track while the critic
listens, words and pictures at the end."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Any, Self

import orjson

from sonicforge.analysis.cover import draw_cover
from sonicforge.analysis.pianoroll import draw_pianoroll
from sonicforge.analysis.spectrogram import draw_spectrogram
from sonicforge.analysis.waveform import draw_waveform
from sonicforge.errors import Abandoned
from sonicforge.genres.concept import Concept
from sonicforge.library.folder import FORMATS
from sonicforge.music.json import score_to_json
from sonicforge.music.midi import score_to_midi
from sonicforge.music.score import Score
from sonicforge.sound.audio import Audio
from sonicforge.sound.files import write
from sonicforge.sound.stages import Master
from sonicforge.studio.take import Take


class TakeFiles:
    """Fills an existing folder with a take's files.

    Give `stem` and `master` to `produce`, then `keep` the take that it chose: what other candidates left is deleted.
    Sound is written by a thread of its own; whatever the disk refuses is raised by `keep` as `CannotWrite`.
    """

    def __init__(
        self, folder: Path, *, formats: Sequence[str] = ("flac",), midi: bool = True, pictures: bool = False
    ) -> None:
        self._folder, self._formats, self._midi, self._pictures = folder, tuple(formats), midi, pictures
        self._writer = ThreadPoolExecutor(1)
        self._given_up = Event()
        self._written: dict[Path, Future[None]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._given_up.set()
        self._writer.shutdown(cancel_futures=True)

    def stem(self, concept: Concept, stem: str, audio: Audio) -> None:
        """Write a dry stem; it need not stay in memory."""
        folder = self._of(concept) / "stems"
        folder.mkdir(parents=True, exist_ok=True)
        write(folder / f"{stem}.flac", audio, format="flac")

    def master(self, concept: Concept, score: Score, master: Master) -> None:
        """Begin to write the finished sound and return at once."""
        folder = self._of(concept)
        folder.mkdir(exist_ok=True)
        self._written[folder] = self._writer.submit(self._write_sound, folder, concept, score, master.audio)

    def keep(self, take: Take) -> None:
        """Complete the folder with the chosen take."""
        chosen = self._of(take.concept)
        _write_words(take, self._folder)
        if self._midi:
            (self._folder / "score.mid").write_bytes(score_to_midi(take.score))
        if self._pictures:
            _draw_pictures(take, self._folder)
        for folder, written in self._written.items():
            if folder == chosen or not written.cancel():
                written.result()
        for path in chosen.iterdir():
            path.rename(self._folder / path.name)
        for leftover in self._folder.glob("candidate-*"):
            shutil.rmtree(leftover)

    def _of(self, concept: Concept) -> Path:
        return self._folder / f"candidate-{concept.seed}"

    def _write_sound(self, folder: Path, concept: Concept, score: Score, audio: Audio) -> None:
        cover = draw_cover(score)
        (folder / "cover.png").write_bytes(cover)
        tags = tags_of(concept, score)
        for name in self._formats:
            ending, bits = FORMATS[name]
            path = folder / (f"track.{ending}" if name == ending else f"track-{name}.{ending}")
            write(path, audio, format=ending, bits=bits, tags=tags, cover=cover, on_block=self._go_on)

    def _go_on(self) -> None:
        if self._given_up.is_set():
            raise Abandoned(("nobody wants the files any more",))


def tags_of(concept: Concept, score: Score) -> dict[str, str]:
    """Tags for players: title, artist, genre, date, tempo and key, and how to make the track again."""
    return {
        "title": score.title,
        "artist": "SonicForge",
        "album": f"SonicForge {score.genre.replace('_', ' ')}",
        "genre": score.genre.replace("_", " "),
        "date": str(datetime.now(UTC).year),
        "bpm": str(round(score.tempo[0][1])),
        "initialkey": score.key,
        "comment": f"made by SonicForge, genre {score.genre}, seed {concept.seed}",
    }


def _write_words(take: Take, folder: Path) -> None:
    texts: dict[str, Callable[[], bytes]] = {
        "score.json": lambda: score_to_json(take.score),
        "concept.json": lambda: _json(take.concept.to_json()),
        "verdict.json": lambda: _json(take.verdict.to_json()),
        "mix.json": lambda: _json(take.mix),
        "master.json": lambda: _json({"decision": dict(take.master.decision), "measures": dict(take.master.measures)}),
    }
    for name, make in texts.items():
        (folder / name).write_bytes(make())


def _draw_pictures(take: Take, folder: Path) -> None:
    (folder / "waveform.png").write_bytes(draw_waveform(take.audio, take.score))
    (folder / "spectrogram.png").write_bytes(draw_spectrogram(take.audio))
    (folder / "pianoroll.png").write_bytes(draw_pianoroll(take.score))


def _json(told: Mapping[str, Any]) -> bytes:
    return orjson.dumps(dict(told), option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY)
