"""The programme: queues are filled by the rules, what is missing is ordered, and every choice can be explained."""

from collections import Counter
from dataclasses import replace
from itertools import groupby, pairwise

import pytest
from pieces import DAY, Airing, piece, shelve

from sonicforge.errors import NotFound
from sonicforge.genres.concept import Concept
from sonicforge.library import jobs, queue, stations, tracks, votes
from sonicforge.library.database import Database
from sonicforge.library.programme import GenreShare, Jingles, Programme, Rotation
from sonicforge.library.values import Job
from sonicforge.tasks.demand import idea_for
from sonicforge.tasks.jingles import WORDS
from sonicforge.tasks.programme import plan, replan, why
from sonicforge.tasks.situation import situation

GENRES = ("lofi_hiphop", "house_deep", "synthwave")
ENERGIES = (0.25, 0.45, 0.5)


def stock(database: Database, count: int, *, start: int = 1) -> None:
    """Pieces of the station's genres in turn, a quarter of them calm."""
    shelve(
        database,
        [
            piece(n, genre=GENRES[n % 3], energy=0.2 if n % 4 == 0 else ENERGIES[n % 3], moods=("warm",))
            for n in range(start, start + count)
        ],
    )


def change(database: Database, **rules: object) -> Programme:
    with database.write() as session:
        known = stations.get(session, "main").programme
        return stations.change(session, "main", programme=replace(known, **rules)).programme  # type: ignore[arg-type]


def planned(database: Database, now: float = DAY, *, composing: bool = False) -> list[str]:
    with database.write() as session:
        return [item.track.id for item in plan(session, "main", now, composing=composing).added]


def orders(database: Database) -> list[Job]:
    with database.read() as session:
        return list(jobs.listing(session, kinds=("compose",), limit=200).items)


def test_the_queue_is_filled_to_the_buffer_and_no_further(database: Database) -> None:
    stock(database, 60)
    planned(database)
    with database.read() as session:
        assert 3600.0 <= queue.waiting_s(session, "main") < 3600.0 + 200.0
    assert planned(database) == []


def test_the_same_state_gives_the_same_plan(database: Database) -> None:
    stock(database, 60)
    first = planned(database)
    with database.write() as session:
        queue.clear(session, "main")
    assert planned(database) == first


def test_no_more_than_so_many_of_a_genre_in_a_row_and_a_breather_in_time(database: Database) -> None:
    stock(database, 100)
    rules = change(database, rotation=Rotation(most_of_a_genre=2, breather_every=4), buffer_min=300.0)
    planned(database)
    planned(database)
    with database.read() as session:
        pieces = [item.track for item in queue.listing(session, "main")]
    assert len(pieces) > 80
    longest = max(len(list(run)) for _, run in groupby(pieces[:70], key=lambda track: track.genre))
    assert longest <= 2
    lively = [len(list(run)) for calm, run in groupby(pieces[:70], key=lambda t: t.energy <= 0.4) if not calm]
    assert max(lively) <= rules.rotation.breather_every + 1


def test_hours_decide_which_genres_are_played(database: Database) -> None:
    stock(database, 60)
    change(
        database,
        genres=(GenreShare("lofi_hiphop", hours=((22.0, 6.0),)), GenreShare("house_deep", hours=((6.0, 22.0),))),
    )
    planned(database, DAY + 2 * 3600.0)
    with database.read() as session:
        assert {item.track.genre for item in queue.listing(session, "main")} == {"lofi_hiphop"}
    with database.write() as session:
        replan(session, "main", DAY + 12 * 3600.0, composing=False)
        assert {item.track.genre for item in queue.listing(session, "main")} == {"house_deep"}


def test_a_change_of_the_rules_lets_the_plan_be_made_anew_and_keeps_what_was_pinned(database: Database) -> None:
    stock(database, 90)
    planned(database)
    with database.write() as session:
        first = queue.listing(session, "main")[0]
        queue.pin(session, first.id)
    change(database, genres=(GenreShare("synthwave"),))
    planned(database)
    with database.read() as session:
        items = queue.listing(session, "main")
    assert items[0].id == first.id
    assert {item.track.genre for item in items[1:]} == {"synthwave"}
    change(database, disk_gb=5.0)
    assert planned(database) == []


def test_energy_follows_the_curve_of_the_day(database: Database) -> None:
    shelve(database, [piece(n, genre="house_deep", energy=0.1 + (n % 17) / 20) for n in range(1, 200)])
    change(
        database,
        genres=(GenreShare("house_deep"),),
        energy=((0.0, 0.3), (11.0, 0.3), (13.0, 0.8), (23.0, 0.8)),
        rotation=Rotation(breather_every=0),
    )
    mean = {}
    for hour in (5.0, 16.0):
        with database.write() as session:
            replan(session, "main", DAY + hour * 3600.0, composing=False)
            energies = [item.track.energy for item in queue.listing(session, "main")]
        mean[hour] = sum(energies) / len(energies)
    assert mean[5.0] == pytest.approx(0.3, abs=0.12)
    assert mean[16.0] == pytest.approx(0.8, abs=0.12)


def test_new_and_loved_pieces_come_by_the_share(database: Database) -> None:
    stock(database, 200)
    with database.write() as session:
        for track in tracks.best_of(session, limit=100):
            tracks.row_of(session, track.id).plays = 3
            tracks.row_of(session, track.id).last_played_at = DAY - 90_000.0
    change(database, new_share=0.3, buffer_min=180.0)
    planned(database)
    with database.read() as session:
        kinds = Counter(item.track.plays == 0 for item in queue.listing(session, "main"))
    assert kinds[True] / kinds.total() == pytest.approx(0.3, abs=0.13)


def test_nothing_is_planned_again_before_its_cool_down_while_there_is_a_choice(database: Database) -> None:
    stock(database, 70)
    air = Airing(database)
    for _ in range(90):
        planned(database, air.now)
        air.play()
    assert air.gaps == 0
    last: dict[str, float] = {}
    at = DAY
    for item in air.heard:
        if item.track.id in last:
            assert at - last[item.track.id] >= 180 * 60.0 - 200.0
        last[item.track.id] = at
        at += item.track.duration_s


def test_a_tiny_library_plays_on_without_a_gap_and_without_the_same_piece_twice_in_a_row(database: Database) -> None:
    stock(database, 3)
    air = Airing(database)
    for _ in range(25):
        planned(database, air.now)
        air.play()
    assert air.gaps == 0
    ids = [item.track.id for item in air.heard]
    assert all(one != other for one, other in pairwise(ids))


def test_what_listeners_like_is_played_and_composed_more(database: Database) -> None:
    stock(database, 150)
    with database.write() as session:
        liked = tracks.best_of(session, genres=("synthwave",), limit=20)
        skipped = tracks.best_of(session, genres=("lofi_hiphop",), limit=20)
        for n, (good, bad) in enumerate(zip(liked, skipped, strict=True)):
            votes.like(session, good.id, f"listener {n}", now=DAY)
            votes.skip(session, "main", n, f"listener {n}", bad.id, now=DAY)
    change(database, rotation=Rotation(most_of_a_genre=20, breather_every=0), energy=((0.0, 0.45),))
    planned(database)
    with database.read() as session:
        played = Counter(item.track.genre for item in queue.listing(session, "main"))
        told = why(session, "main", DAY)
    assert played["synthwave"] > played["lofi_hiphop"]
    means = {row["name"]: row["mean"] for row in told["taste"]["genres"]}
    assert means["synthwave"] > means["house_deep"] == 0.5 > means["lofi_hiphop"]


def test_what_is_missing_is_ordered_few_at_a_time_and_each_slot_once(database: Database) -> None:
    for _ in range(3):
        planned(database, composing=True)
    told = orders(database)
    assert len(told) == 2
    assert len({job.key for job in told}) == 2
    assert all(job.job_class == "low" for job in told)
    concepts = [Concept.from_json(job.payload["concept"]) for job in told]
    assert all(concept.genre in GENRES and concept.mood for concept in concepts)
    assert len({concept.seed for concept in concepts}) == 2


def test_an_order_says_why(database: Database) -> None:
    planned(database, composing=True)
    reason = orders(database)[0].payload["reason"]
    assert {row["name"] for row in reason["genres"]} == set(GENRES)
    assert all(row["alpha"] == row["beta"] == 2.0 for row in reason["moods"])
    assert reason["words"]


def test_a_style_that_is_liked_is_composed_more(database: Database) -> None:
    """Moods are a genre's styles; they are learned by plain Thompson sampling."""
    change(database, genres=(GenreShare("synthwave"),))
    shelve(database, [piece(n, genre="synthwave", moods=("nocturnal",)) for n in range(1, 21)])
    with database.write() as session:
        for n in range(1, 21):
            for listener in range(10):
                votes.like(session, f"{n:012x}", f"l{listener}", now=DAY)
        here = situation(session, "main", DAY)
        ideas = [idea_for(session, here, seed) for seed in range(40)]
    assert "nocturnal" in {draw.name for draw in ideas[0].moods}
    chosen = Counter(idea.concept.mood for idea in ideas)
    assert chosen["nocturnal",] > 30


def test_a_full_station_orders_nothing(database: Database) -> None:
    stock(database, 100)
    planned(database, composing=True)
    assert orders(database) == []


def test_composing_waits_for_new_pieces_only_while_there_is_time(database: Database) -> None:
    """Above the low-water mark a place for something new is kept for it; below it, what was played before is good."""
    stock(database, 40)
    with database.write() as session:
        for track in tracks.best_of(session, limit=40):
            tracks.row_of(session, track.id).plays = 1
            tracks.row_of(session, track.id).last_played_at = DAY - 90_000.0
    change(database, new_share=1.0)
    planned(database, composing=True)
    with database.read() as session:
        waiting = queue.waiting_s(session, "main")
    assert 0.2 * 3600.0 <= waiting <= 0.2 * 3600.0 + 200.0


def test_without_composing_the_library_alone_fills_the_queue(database: Database) -> None:
    stock(database, 40)
    with database.write() as session:
        for track in tracks.best_of(session, limit=40):
            tracks.row_of(session, track.id).plays = 1
            tracks.row_of(session, track.id).last_played_at = DAY - 90_000.0
    change(database, new_share=1.0)
    planned(database)
    with database.read() as session:
        assert queue.waiting_s(session, "main") >= 3600.0
    assert orders(database) == []


def test_why_tells_the_choice_so_that_it_can_be_checked(database: Database) -> None:
    stock(database, 60)
    planned(database)
    with database.read() as session:
        told = why(session, "main", DAY)
    reason = told["next"]["reason"]
    assert told["taste"]["prior"] == {"alpha": 2.0, "beta": 2.0}
    assert reason["day"] == "2027-01-15"
    assert reason["slot"] == 0
    assert sum(row["part"] for row in reason["genres"]) == pytest.approx(1.0, abs=0.001)
    assert reason["genre"] == told["next"]["genre"]
    assert "share" in told["next"]["words"]
    assert len(told["later"]) == 9


def test_why_speaks_of_an_empty_station_and_refuses_one_that_is_not_there(database: Database) -> None:
    with database.read() as session:
        assert why(session, "main", DAY)["next"] is None
        with pytest.raises(NotFound):
            why(session, "elsewhere", DAY)


def test_a_piece_in_one_stations_queue_is_not_new_for_another(database: Database) -> None:
    stock(database, 30)
    with database.write() as session:
        stations.add(session, "second", "Second", programme=stations.get(session, "main").programme, now=DAY)
        one = {item.track.id for item in plan(session, "main", DAY, composing=False).added}
        other = {item.track.id for item in plan(session, "second", DAY, composing=False).added}
    assert not one & other


def test_jingles_come_in_time_and_no_rotation_plays_them(database: Database) -> None:
    stock(database, 100)
    shelve(database, [piece(900, duration_s=10.0, text=f"{WORDS}main"), piece(901, duration_s=10.0, text=f"{WORDS}x")])
    change(database, jingles=Jingles(every_min=30.0), buffer_min=30.0)
    air = Airing(database)
    for _ in range(40):
        planned(database, air.now)
        air.play()
    jingles = [n for n, item in enumerate(air.heard) if item.source == "jingle"]
    assert {air.heard[n].track.id for n in jingles} == {f"{900:012x}"}
    assert all(item.track.duration_s > 60.0 for item in air.heard if item.source != "jingle")
    between = [sum(item.track.duration_s for item in air.heard[a:b]) for a, b in pairwise(jingles)]
    assert len(between) >= 2
    assert all(1800.0 <= seconds <= 1800.0 + 420.0 for seconds in between)


def test_a_station_with_jingles_and_none_of_its_own_orders_one_an_hour(database: Database) -> None:
    stock(database, 100)
    change(database, jingles=Jingles(at_minutes=(0, 30)))
    planned(database, DAY, composing=True)
    planned(database, DAY + 60.0, composing=True)
    told = [job for job in orders(database) if job.payload.get("source") == "jingle"]
    assert len(told) == 1
    assert told[0].payload["concept"]["text"] == f"{WORDS}main"


def compose(database: Database, now: float, number: int) -> None:
    """A worker that needs no time: every order becomes an approved piece."""
    with database.write() as session:
        while held := jobs.claim(session, "worker", ["compose"], now=now):
            concept = held.job.payload["concept"]
            energy = 0.1 + 0.5 * concept["energy"]
            made = piece(number, genre=concept["genre"], moods=tuple(concept["mood"]), energy=energy)
            tracks.add_stored(session, made, approved=True, now=now)
            jobs.finish(session, held, now=now)
            number += 1


@pytest.mark.slow
def test_a_day_of_programme_without_a_gap(database: Database) -> None:
    air = Airing(database)
    number = 1
    for _ in range(24 * 18):
        with database.write() as session:
            plan(session, "main", air.now, composing=True)
        compose(database, air.now, number)
        number += 10
        air.play()
    assert air.gaps <= 1
    genres = Counter(item.track.genre for item in air.heard)
    assert all(genres[name] / len(air.heard) > 0.15 for name in GENRES)
    fresh = sum(item.track.plays == 0 for item in air.heard[100:]) / len(air.heard[100:])
    assert fresh == pytest.approx(0.6, abs=0.1)
    runs = [len(list(run)) for _, run in groupby(air.heard, key=lambda item: item.track.genre)]
    assert sum(length > 3 for length in runs) <= 0.02 * len(runs)
