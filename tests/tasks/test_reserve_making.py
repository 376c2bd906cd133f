"""The reserve: a few whole pieces that the tower can read, renewed from the best of the library."""

from pathlib import Path

import numpy as np
import pytest

from sonicforge.genres.concept import Concept
from sonicforge.library import tracks, votes
from sonicforge.library.database import Database
from sonicforge.library.objects import Objects
from sonicforge.music.barlines import Barlines, Span
from sonicforge.playout.reserve import reserve_items
from sonicforge.sound.audio import Audio
from sonicforge.sound.files import read, write
from sonicforge.tasks.compose import Order, keep, make
from sonicforge.tasks.excerpt import excerpt
from sonicforge.tasks.reserve import fill_reserve, renew_reserve, reserve_names


def test_the_first_piece_can_be_played_and_is_made_once(tmp_path: Path) -> None:
    told: list[str] = []
    assert fill_reserve(tmp_path, genres=("ambient",), told=told.append) == 1
    assert fill_reserve(tmp_path, genres=("ambient",)) == 0
    (item,) = reserve_items(tmp_path / "reserve")
    assert item.title == told[0]
    assert item.genre == "ambient"
    assert item.barlines is not None
    assert read(item.path).duration_s == pytest.approx(item.duration_s, abs=0.01)
    assert list((tmp_path / "work").iterdir()) == []


def test_the_best_of_the_library_takes_the_places_one_by_one(database: Database) -> None:
    objects = Objects(database.folder / "objects")
    wanted = Order(Concept(genre="ambient", length_s=70.0, seed=8), candidates=1, keep=True)
    made = make(wanted, database.folder, objects)
    with database.write() as session:
        track = str(keep(session, wanted, made, now=0.0)["track"])
        tracks.approve(session, track)
    fill_reserve(database.folder, genres=("ambient",))
    assert renew_reserve(database.folder, database, objects, wanted=1) == made.stored.title
    assert reserve_names(database.folder) == (f"best-{track}",)
    assert renew_reserve(database.folder, database, objects, wanted=1) == ""
    with database.write() as session:
        votes.like(session, track, "ann")
    (item,) = reserve_items(database.folder / "reserve")
    assert item.title == made.stored.title
    assert read(item.path).duration_s == pytest.approx(item.duration_s, abs=0.01)


def test_an_excerpt_begins_at_its_liveliest_section_and_keeps_its_bars(tmp_path: Path) -> None:
    rate = 48_000
    sound = np.repeat(np.arange(1, 201, dtype=np.float32) / 400.0, rate)[None].repeat(2, axis=0)
    write(tmp_path / "x.wav", Audio(sound, rate), format="wav", bits="32f")
    sections = (
        Span("intro", 0.0, 40.0, 0.2, drums=False, bass=False, lead=False),
        Span("peak", 40.0, 120.0, 0.9, drums=True, bass=True, lead=True),
        Span("end", 120.0, 200.0, 0.3, drums=False, bass=False, lead=False),
    )
    bars = Barlines(4, tuple(float(bar) for bar in range(0, 201, 2)), sections)
    piece, lines = excerpt(tmp_path / "x.wav", bars, wanted_s=61.0)
    assert piece.duration_s == pytest.approx(60.0)
    assert piece.samples[0, rate] == pytest.approx(42 / 400.0)
    assert lines.bars_s[:3] == (0.0, 2.0, 4.0)
    assert lines.bars_s[-1] == pytest.approx(60.0)
    assert [span.name for span in lines.sections] == ["peak"]
    assert abs(piece.samples[:, -1]).max() < 0.001
    assert abs(np.diff(piece.samples[0, -rate:])).max() < 0.01
