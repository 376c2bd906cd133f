"""Stations and programmes: what is stored is checked, and what is checked comes back as it was."""

import math

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonicforge.errors import BadInput, Conflict, NotFound
from sonicforge.library import events, stations
from sonicforge.library.database import Database
from sonicforge.library.programme import GenreShare, Jingles, Programme, Rotation

NIGHT = Programme(
    genres=(GenreShare("ambient", 3.0, ((22.0, 6.0),)), GenreShare("lofi_hiphop", 1.0)),
    energy=((2.0, 0.1), (14.0, 0.9)),
    rotation=Rotation(most_of_a_genre=2, cooldown_min=60.0),
    jingles=Jingles(every_min=30.0, at_minutes=(0, 30)),
    timezone="UTC",
)


def test_a_station_comes_back_as_it_was_founded(database: Database) -> None:
    with database.write() as session:
        made = stations.add(session, "night", " Night\nradio ", description="calm", programme=NIGHT, now=7.0)
    with database.read() as session:
        assert stations.get(session, "night") == made
        assert [station.id for station in stations.listing(session)] == ["main", "night"]
    assert made.name == "Night radio"
    assert made.programme == NIGHT


def test_changes_leave_the_rest(database: Database) -> None:
    with database.write() as session:
        stations.change(session, "main", programme=NIGHT, now=9.0)
        changed = stations.change(session, "main", on_air=False)
        assert (changed.name, changed.programme, changed.on_air) == ("Main", NIGHT, False)
        assert [event.kind for event in events.after(session, 0, station="main")] == [
            "station.added",
            "station.changed",
            "station.changed",
        ]
        assert stations.ensure(session, "main", "Other").name == "Main"
        stations.remove(session, "main")
        with pytest.raises(NotFound, match="main"):
            stations.get(session, "main")


@pytest.mark.parametrize("name", ["", "Main", "a b", "../x", "-a", "a-", "x" * 41, "ä", "a\n"])
def test_ids_that_make_no_address_are_refused(database: Database, name: str) -> None:
    with pytest.raises(BadInput), database.write() as session:
        stations.add(session, name, "x")


def test_an_id_is_given_once(database: Database) -> None:
    with pytest.raises(Conflict, match="already"), database.write() as session:
        stations.add(session, "main", "x")


@pytest.mark.parametrize(
    "told",
    [
        {"volume": 11},
        {"buffer_min": 1},
        {"buffer_min": "60"},
        {"buffer_min": True},
        {"disk_gb": math.inf},
        {"new_share": math.nan},
        {"skip_least": 1.5},
        {"genres": "ambient"},
        {"genres": [{"weight": 1}]},
        {"genres": [{"genre": "../x"}]},
        {"genres": [{"genre": "ambient", "weight": -1}]},
        {"genres": [{"genre": "ambient", "hours": [[1, 25]]}]},
        {"genres": [{"genre": "ambient", "hours": 3}]},
        {"genres": ["ambient", "ambient"]},
        {"genres": [{"genre": "ambient", "weight": 0}]},
        {"genres": ["polka"]},
        {"energy": []},
        {"energy": [[3, 0.5], [1, 0.5]]},
        {"energy": [[3, 1.5]]},
        {"energy": [3]},
        {"jingles": {"at_minutes": [60]}},
        {"jingles": {"at_minutes": [1.5]}},
        {"rotation": []},
        {"rotation": {"cooldown_min": -1}},
        {"timezone": "Mars/Olympus"},
        {"timezone": "../../etc/passwd"},
        {"timezone": 3},
        [],
    ],
)
def test_programmes_that_cannot_be_are_refused(told: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        Programme.from_json(told, genres=("ambient", "lofi_hiphop"))


def test_hours_and_weights_share_the_time() -> None:
    assert NIGHT.shares_at(23.5) == NIGHT.shares_at(5.9) == {"ambient": 0.75, "lofi_hiphop": 0.25}
    assert NIGHT.shares_at(12.0) == {"lofi_hiphop": 1.0}
    assert Programme().shares_at(1.0, known=("b", "a")) == {"a": 0.5, "b": 0.5}
    only = Programme(genres=(GenreShare("ambient", 1.0, ((22.0, 6.0),)),))
    assert only.shares_at(12.0) == {"ambient": 1.0}


def test_energy_goes_straight_between_its_points_and_around_midnight() -> None:
    assert [NIGHT.energy_at(hour) for hour in (2.0, 8.0, 14.0, 20.0, 26.0)] == pytest.approx([0.1, 0.5, 0.9, 0.5, 0.1])
    assert Programme(energy=((12.0, 0.3),)).energy_at(3.0) == 0.3


HOURS = st.floats(0, 24)
SHARES = st.builds(
    GenreShare,
    st.sampled_from(["ambient", "dubstep", "chiptune"]),
    st.floats(0.01, 100),
    st.lists(st.tuples(HOURS, HOURS), max_size=2).map(tuple),
)
PROGRAMMES = st.builds(
    Programme,
    genres=st.lists(SHARES, max_size=3, unique_by=lambda share: share.genre).map(tuple),
    energy=st.dictionaries(HOURS, st.floats(0, 1), min_size=1, max_size=5).map(
        lambda points: tuple(sorted(points.items()))
    ),
    new_share=st.floats(0, 1),
    buffer_min=st.floats(5, 1440),
)


@given(PROGRAMMES, st.floats(0, 48))
def test_every_programme_survives_json_and_can_be_played_at_any_hour(programme: Programme, hour: float) -> None:
    assert Programme.from_json(orjson.loads(orjson.dumps(programme.to_json()))) == programme
    shares = programme.shares_at(hour, known=("ambient",))
    assert sum(shares.values()) == pytest.approx(1.0)
    assert 0.0 <= programme.energy_at(hour) <= 1.0
