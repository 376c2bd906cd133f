"""What a recorded file holds, moment by moment: a list of entries, as JSON and as a cue sheet."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sonicforge.playout.block import RATE, Mark
from sonicforge.playout.outputs.titles import one_line

_CUE_FRAMES = 75
_CUE_TYPES = {"mp3": "MP3"}


@dataclass(slots=True)
class AsRun:
    """The log of one file. `began` is the time of its first sample in seconds since 1970."""

    station: str
    sound: Path
    began: float
    entries: list[dict[str, Any]] = field(default_factory=list)

    def add(self, mark: Mark, position: int) -> None:
        """Something begins `position` samples into the file."""
        at_s = position / RATE
        item = mark.item
        entry = {
            "at_s": round(at_s, 4),
            "utc": iso(self.began + at_s),
            "kind": mark.kind,
            "id": item.id,
            "title": item.title,
            "artist": item.artist,
            "genre": item.genre,
            "from_s": round(mark.at_s, 4),
        }
        if mark.left is not None:
            entry["left"] = mark.left.id
        if mark.transition is not None:
            entry["transition"] = dict(mark.transition)
        self.entries.append(entry)

    def save(self, length_s: float | None = None) -> None:
        """Write both papers beside the sound; `length_s` says that the file is complete."""
        told = {
            "station": self.station,
            "file": self.sound.name,
            "began": iso(self.began),
            "complete": length_s is not None,
            "length_s": length_s,
            "entries": self.entries,
        }
        replace_whole(self.sound.with_suffix(".json"), json.dumps(told, indent=1, ensure_ascii=False, default=str))
        replace_whole(self.sound.with_suffix(".cue"), self.cue())

    def cue(self) -> str:
        """A cue sheet of all but the bridges. The form has no escapes: double quotes become single ones."""
        suffix = self.sound.suffix.lstrip(".")
        lines = [
            f"REM DATE {iso(self.began)}",
            f"TITLE {_quoted(f'{self.station} {iso(self.began)}')}",
            f"FILE {_quoted(self.sound.name)} {_CUE_TYPES.get(suffix, 'WAVE')}",
        ]
        heard = [entry for entry in self.entries if entry["kind"] != "bridge"]
        for number, entry in enumerate(heard, 1):
            lines += _cue_track(number, entry)
        return "\n".join(lines) + "\n"


def iso(utc: float) -> str:
    """Seconds since 1970 as text, in UTC with milliseconds."""
    return datetime.fromtimestamp(utc, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def replace_whole(path: Path, text: str) -> None:
    """Write a small file so that it is there whole or as before, also after a power cut."""
    hidden = path.with_name(f".{path.name}.part")
    with hidden.open("wb") as file:
        file.write(text.encode(errors="replace"))
        file.flush()
        os.fsync(file.fileno())
    hidden.replace(path)


def _cue_track(number: int, entry: Mapping[str, Any]) -> list[str]:
    frames = int(entry["at_s"] * _CUE_FRAMES)
    minutes, rest = divmod(frames, 60 * _CUE_FRAMES)
    return [
        f"  TRACK {number:02d} AUDIO",
        f"    TITLE {_quoted(entry['title'])}",
        f"    PERFORMER {_quoted(entry['artist'])}",
        f"    INDEX 01 {minutes:02d}:{rest // _CUE_FRAMES:02d}:{rest % _CUE_FRAMES:02d}",
    ]


def _quoted(text: str) -> str:
    return '"' + one_line(text).replace('"', "'") + '"'
