"""A take as a folder: sound with tags and cover, concept, score, verdict, stems and pictures.

Everything is written into a hidden folder beside the target and renamed at the end, so that a folder under its final
name is always whole, whenever the process dies.
"""

import errno
import os
import re
import secrets
import shutil
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from sonicforge.analysis.cover import draw_cover
from sonicforge.analysis.pianoroll import draw_pianoroll
from sonicforge.analysis.spectrogram import draw_spectrogram
from sonicforge.analysis.waveform import draw_waveform
from sonicforge.errors import CannotWrite, UnknownName
from sonicforge.genres.concept import Concept
from sonicforge.music.json import score_to_json
from sonicforge.music.midi import score_to_midi
from sonicforge.sound.audio import Audio
from sonicforge.sound.files import write
from sonicforge.studio.take import Take

FORMATS = {
    "wav": ("wav", "24"),
    "wav16": ("wav", "16"),
    "wav32f": ("wav", "32f"),
    "flac": ("flac", "24"),
    "mp3": ("mp3", "24"),
    "ogg": ("ogg", "24"),
    "opus": ("opus", "24"),
    "m4a": ("m4a", "24"),
}
"""Format name -> file ending and bits per sample (which lossy formats ignore)."""

_SAME = {"aac": "m4a", "vorbis": "ogg", "wav24": "wav", "wave": "wav"}


def parse_formats(text: str) -> tuple[str, ...]:
    """`"flac,mp3"` -> names of `FORMATS`; raises `UnknownName`."""
    names = [_SAME.get(name, name) for name in re.split(r"[,\s]+", text.lower().strip()) if name]
    for name in names:
        if name not in FORMATS:
            raise UnknownName("format", name, FORMATS)
    if not names:
        raise UnknownName("format", text, FORMATS)
    return tuple(dict.fromkeys(names))


def folder_name(take: Take) -> str:
    """Lower-case ASCII title, genre and id: `neon-harbour-synthwave-1a2b3c4d5e6f`."""
    plain = unicodedata.normalize("NFKD", take.score.title).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-") or "untitled"
    return f"{slug}-{take.score.genre.replace('_', '-')}-{take.id}"


@contextmanager
def unfinished(parent: Path) -> Iterator[Path]:
    """A hidden work folder inside `parent` that vanishes at the end, unless `put_in_place` has renamed it.

    Disk and permission errors inside become `CannotWrite`.
    """
    hidden = parent / f".sonicforge-{os.getpid()}-{secrets.token_hex(4)}.part"
    try:
        hidden.mkdir(parents=True)
        yield hidden
    except OSError as error:
        reason = "the disk is full" if error.errno == errno.ENOSPC else error.strerror or str(error)
        raise CannotWrite(f"{parent}: {reason}") from error
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def put_in_place(hidden: Path, folder: Path) -> None:
    """Give a finished work folder its final name; an older folder of that name is replaced."""
    if not folder.exists():
        hidden.rename(folder)
        return
    old = hidden.with_suffix(".old")
    folder.rename(old)
    hidden.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


class StemFiles:
    """Writes stems as they are rendered, so that they need not stay in memory; one folder per candidate."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _of(self, concept: Concept) -> Path:
        return self._folder / f"stems-{concept.seed}"

    def __call__(self, concept: Concept, stem: str, audio: Audio) -> None:
        target = self._of(concept)
        target.mkdir(exist_ok=True)
        write(target / f"{stem}.flac", audio, format="flac")

    def keep(self, take: Take) -> None:
        """Keep the stems of the take that was chosen, forget the other candidates'."""
        self._of(take.concept).rename(self._folder / "stems")
        for other in self._folder.glob("stems-*"):
            shutil.rmtree(other)


def save(take: Take, folder: Path, *, formats: Sequence[str] = ("flac",), pictures: bool = False) -> list[Path]:
    """Write the take's files into an existing folder; returns their paths in order of importance."""
    cover = draw_cover(take.score)
    tags = tags_of(take)
    jobs: list[Callable[[], Path]] = [partial(_write_sound, take, folder, name, tags, cover) for name in formats]
    if pictures:
        jobs += [
            lambda: _write_bytes(folder / "waveform.png", draw_waveform(take.audio, take.score)),
            lambda: _write_bytes(folder / "spectrogram.png", draw_spectrogram(take.audio)),
            lambda: _write_bytes(folder / "pianoroll.png", draw_pianoroll(take.score)),
        ]
    texts: dict[str, Callable[[], bytes]] = {
        "cover.png": lambda: cover,
        "score.mid": lambda: score_to_midi(take.score),
        "score.json": lambda: score_to_json(take.score),
        "concept.json": lambda: _json(take.concept.to_json()),
        "verdict.json": lambda: _json(take.verdict.to_json()),
        "mix.json": lambda: _json(take.mix),
        "master.json": lambda: _json({"decision": dict(take.master.decision), "measures": dict(take.master.measures)}),
    }
    jobs += [partial(_write_made, folder / name, make) for name, make in texts.items()]
    with ThreadPoolExecutor(max_workers=2) as pool:
        written = list(pool.map(lambda job: job(), jobs))
    if take.stems:
        stem_files = StemFiles(folder)
        for stem, audio in take.stems.items():
            stem_files(take.concept, stem, audio)
        stem_files.keep(take)
    return [*written, *sorted((folder / "stems").glob("*.flac"))]


def _write_sound(take: Take, folder: Path, name: str, tags: dict[str, str], cover: bytes) -> Path:
    ending, bits = FORMATS[name]
    path = folder / (f"track.{ending}" if name == ending else f"track-{name}.{ending}")
    write(path, take.audio, format=ending, bits=bits, tags=tags, cover_png=cover)
    return path


def _json(told: Mapping[str, Any]) -> bytes:
    return orjson.dumps(dict(told), option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY)


def _write_made(path: Path, make: Callable[[], bytes]) -> Path:
    return _write_bytes(path, make())


def _write_bytes(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def tags_of(take: Take) -> dict[str, str]:
    """Tags for players: title, artist, genre, date, tempo and key, and how to make the track again."""
    return {
        "title": take.score.title,
        "artist": "SonicForge",
        "album": f"SonicForge {take.score.genre.replace('_', ' ')}",
        "genre": take.score.genre.replace("_", " "),
        "date": str(datetime.now(UTC).year),
        "bpm": str(round(take.score.tempo[0][1])),
        "initialkey": take.score.key,
        "comment": f"made by SonicForge, genre {take.score.genre}, seed {take.concept.seed}",
    }
