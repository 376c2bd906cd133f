"""A station on a clock without waiting: what is heard, sample by sample, and what is told of it."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_station import (
    UTC,
    Keeper,
    ListDoor,
    blocks_in,
    fades,
    piece,
    quietest,
    reserve,
    steepest,
    tone,
)

from sonicforge.errors import Busy
from sonicforge.playout.block import BLOCK, RATE
from sonicforge.playout.door import Door, Order
from sonicforge.playout.guard import CEILING_DB
from sonicforge.playout.item import Item
from sonicforge.playout.tower import Tower

STEEPEST = 0.25 * 2 * np.pi * 600 / RATE * 1.6
"""Of the tones here and two of them together; a click is far above it."""


def station(
    folder: Path,
    door: ListDoor,
    *,
    on_block: Callable[[int], None] = lambda _: None,
    opens: Callable[[], Door] | None = None,
    start_utc: float = UTC,
) -> tuple[Tower, Keeper]:
    keeper = Keeper(on_block=on_block)
    tower = Tower(
        folder / "air" / "main",
        opens or (lambda: door),
        reserve=folder / "reserve",
        outputs=[keeper],
        join=fades,
        paced=False,
        start_utc=start_utc,
        seed=1,
    )
    return tower, keeper


def pieces(folder: Path, count: int = 3, **others: Any) -> list[Item]:
    return [piece(folder / "objects", f"p{n}", hertz=200.0 + 100 * n, **others) for n in range(count)]


def play(folder: Path, door: ListDoor, seconds: float, **others: Any) -> Keeper:
    tower, keeper = station(folder, door, **others)
    tower.run(blocks=blocks_in(seconds))
    return keeper


def test_bodies_and_bridges_follow_each_other_to_the_sample(tmp_path: Path) -> None:
    items = pieces(tmp_path)
    door = ListDoor(items)
    keeper = play(tmp_path, door, 28.0)
    start = keeper.blocks[0].position
    expected = np.concatenate(
        [tone(200, 10), next(fades(items[0], items[1], 0)).samples, tone(300, 10)[:, 2 * RATE :]], 1
    )
    seconds = [(news.data["kind"], (news.position - start) / RATE) for news in door.told("began")]
    assert seconds == [
        ("track", 0.0), ("bridge", 10.0), ("track", 12.0), ("bridge", 20.0), ("track", 22.0),
    ]  # fmt: skip
    assert np.abs(keeper.sound[:, : expected.shape[1]] - expected).max() < 2e-6


def test_news_say_what_began_and_ended_where_and_when(tmp_path: Path) -> None:
    door = ListDoor(pieces(tmp_path, ticket=7))
    keeper = play(tmp_path, door, 14.0)
    first = keeper.blocks[0]
    began, ended = door.told("began"), door.told("ended")
    assert began[1].data["item"]["id"] == "p1"
    assert began[1].data["item"]["ticket"] == 7
    assert began[1].data["left"]["id"] == "p0"
    assert began[1].data["transition"]["words"] == "plain fade"
    for news in (*began, *ended):
        assert news.utc - first.utc == pytest.approx((news.position - first.position) / RATE, abs=1e-5)
    assert [news.position for news in ended[:-1]] == [news.position for news in began[1:]]
    assert ended[0].data["played_s"] == pytest.approx(10.0)
    assert ended[-1].data["stopped"] is True
    assert all(not news.data["stopped"] for news in ended[:-1])


def test_positions_are_whole_blocks_without_a_hole(tmp_path: Path) -> None:
    keeper = play(tmp_path, ListDoor(pieces(tmp_path)), 20.0)
    positions = [block.position for block in keeper.blocks]
    assert all(b - a == BLOCK for a, b in itertools.pairwise(positions))
    assert positions[0] % BLOCK == 0
    assert not any(block.gap for block in keeper.blocks)


def test_nobody_can_write_into_a_block(tmp_path: Path) -> None:
    keeper = play(tmp_path, ListDoor(pieces(tmp_path)), 1.0)
    with pytest.raises(ValueError, match="read-only"):
        keeper.blocks[0].samples[0, 0] = 1.0


def test_the_ladder_queue_best_reserve(tmp_path: Path) -> None:
    items = pieces(tmp_path, 2)
    reserve(tmp_path / "reserve", "r0", "r1")
    door = ListDoor(items[:1], best=items[1:])
    keeper = play(tmp_path, door, 30.0)
    kinds = [name for kind, name in door.began() if kind == "track"]
    assert kinds == ["p0", "p1", "p1"]
    door.good.clear()
    assert quietest(keeper.sound) > -30


def test_without_any_piece_the_soft_bed_plays_until_there_is_one(tmp_path: Path) -> None:
    door = ListDoor()
    items = pieces(tmp_path, 1)

    def music_comes(number: int) -> None:
        if number == 100:
            door.queue += items

    keeper = play(tmp_path, door, 22.0, on_block=music_comes)
    assert door.began()[0] == ("reserve", "bed")
    assert ("track", "p0") in door.began()
    assert quietest(keeper.sound[:, RATE:]) > -45
    assert steepest(keeper.sound) < STEEPEST


@pytest.mark.parametrize("harm", ["missing", "empty", "noise", "cut", "short", "loud nan"])
def test_a_bad_file_is_passed_over_without_a_gap(tmp_path: Path, harm: str) -> None:
    items = pieces(tmp_path)
    do_harm(items[1].path, harm)
    door = ListDoor(items)
    keeper = play(tmp_path, door, 20.5)
    assert ("bridge", "p2") in door.began()
    assert quietest(keeper.sound) > -25
    assert np.isfinite(keeper.sound).all()
    if harm != "loud nan":
        assert steepest(keeper.sound) < STEEPEST
        faults = [news.data for news in door.told("fault") if news.data["what"] == "item"]
        assert [fault["item"]["id"] for fault in faults] == ["p1"]
        assert faults[0]["unplayable"] is (harm != "missing")


def do_harm(path: Path, harm: str) -> None:
    import soundfile

    raw = path.read_bytes()
    if harm == "missing":
        path.unlink()
    elif harm == "empty":
        path.write_bytes(b"")
    elif harm == "noise":
        path.write_bytes(bytes(range(256)) * 400)
    elif harm == "cut":
        path.write_bytes(raw[: len(raw) // 2])
    elif harm == "short":
        soundfile.write(path, np.zeros((3, 2)), RATE, format="FLAC")
        path.write_bytes(path.read_bytes()[:60])
    else:
        bad = tone(300, 12).T
        bad[5 * RATE : 5 * RATE + 100] = np.nan
        soundfile.write(path, bad, RATE, format="WAV", subtype="FLOAT")


def test_a_file_shorter_than_it_was_said_to_be_ends_in_a_quick_fade(tmp_path: Path) -> None:
    items = pieces(tmp_path)
    short = piece(tmp_path / "objects", "p0", hertz=200, seconds=5.0)
    door = ListDoor([Item(**{**as_fields(short), "duration_s": 12.0}), *items[1:]])
    keeper = play(tmp_path, door, 15.0)
    assert [name for _, name in door.began()][:3] == ["p0", "p1", "p1"]
    assert door.told("began")[1].data["transition"]["method"] == "quick"
    assert quietest(keeper.sound) > -25


def as_fields(item: Item) -> dict[str, Any]:
    return {name: getattr(item, name) for name in Item.__dataclass_fields__}


@pytest.mark.parametrize("seconds", [0.01, 0.3, 1.5, 2.5])
def test_many_very_short_pieces_leave_no_hole(tmp_path: Path, seconds: float) -> None:
    short = [piece(tmp_path / "objects", f"s{n}", hertz=300, seconds=seconds) for n in range(4)]
    reserve(tmp_path / "reserve", "r0")
    door = ListDoor(short)
    keeper = play(tmp_path, door, 16.0)
    assert len(keeper.blocks) == blocks_in(16.0)
    assert quietest(keeper.sound[:, : 12 * RATE]) > -40


def test_a_piece_at_another_rate_keeps_pitch_and_length(tmp_path: Path) -> None:
    other = piece(tmp_path / "objects", "slow", hertz=441.0, seconds=10.0, rate=44_100)
    door = ListDoor([other, *pieces(tmp_path, 1)])
    keeper = play(tmp_path, door, 10.5)
    heard = keeper.sound[0, RATE : 5 * RATE].astype(float)
    peak = np.abs(np.fft.rfft(heard * np.hanning(heard.size))).argmax() / 4
    assert peak == pytest.approx(441.0, abs=0.5)
    # Nobody can make a bridge out of it, so it leaves by a quick fade in its last second.
    assert (door.told("began")[1].position - keeper.blocks[0].position) / RATE == pytest.approx(9.0, abs=0.1)


def test_gain_brings_a_piece_to_level_and_the_ceiling_holds(tmp_path: Path) -> None:
    quiet = piece(tmp_path / "objects", "quiet", gain_db=-6.0)
    hot = piece(tmp_path / "objects", "hot", gain_db=14.0)
    keeper = play(tmp_path, ListDoor([quiet, hot]), 20.0)
    assert np.abs(keeper.sound[:, : 5 * RATE]).max() == pytest.approx(0.25 / 2, rel=0.01)
    assert np.abs(keeper.sound).max() <= 10 ** (CEILING_DB / 20)


def test_a_skip_is_answered_by_a_quick_fade_into_the_next(tmp_path: Path) -> None:
    door = ListDoor(pieces(tmp_path, 3, seconds=60.0))
    keeper = play(tmp_path, door, 12.0, on_block=lambda n: door.left.append(Order(1, "skip", {})) if n == 50 else None)
    asked_s = 50 * BLOCK / RATE
    bridge = door.told("began")[1]
    assert bridge.data["item"]["id"] == "p1"
    assert 0 <= (bridge.position - keeper.blocks[0].position) / RATE - asked_s < 1.5
    assert door.told("skipped")[0].data["item"]["id"] == "p0"
    assert door.outcomes == {1: "done"}
    assert steepest(keeper.sound) < STEEPEST
    assert quietest(keeper.sound) > -25


def test_skips_in_quick_succession_all_lead_somewhere(tmp_path: Path) -> None:
    door = ListDoor(pieces(tmp_path, 8, seconds=30.0))

    def impatient(number: int) -> None:
        if number % 15 == 14 and number < 100:
            door.left.append(Order(number, "skip", {}))

    keeper = play(tmp_path, door, 25.0, on_block=impatient)
    assert set(door.outcomes.values()) == {"done"}
    assert len({name for _, name in door.began()}) >= 4
    assert quietest(keeper.sound) > -25


def test_a_reload_drops_what_was_planned(tmp_path: Path) -> None:
    first, planned, better = pieces(tmp_path, 3, seconds=40.0)
    door = ListDoor([first, planned])

    def reload(number: int) -> None:
        if number == 100:
            door.queue.insert(0, better)
            door.left.append(Order(1, "reload", {}))

    play(tmp_path, door, 45.0, on_block=reload)
    assert door.outcomes == {1: "done"}
    assert [name for _, name in door.began()] == ["p0", "p2", "p2"]


def test_a_reload_just_before_a_bridge_waits_until_it_is_heard(tmp_path: Path) -> None:
    door = ListDoor(pieces(tmp_path, 3, seconds=20.0))

    def reload(number: int) -> None:
        if number == blocks_in(16.5):
            door.left.append(Order(1, "reload", {}))

    play(tmp_path, door, 25.0, on_block=reload)
    assert door.outcomes == {1: "done"}
    assert [name for _, name in door.began()] == ["p0", "p1", "p1"]


def test_outputs_of_such_a_station_are_fixed(tmp_path: Path) -> None:
    door = ListDoor(pieces(tmp_path))
    door.left.append(Order(4, "outputs", {"outputs": []}))
    play(tmp_path, door, 2.0)
    assert door.outcomes[4].startswith("refused")


def test_the_station_plays_and_its_news_arrive_after_a_library_that_failed(tmp_path: Path) -> None:
    reserve(tmp_path / "reserve", "r0", "r1")
    door = ListDoor(pieces(tmp_path))
    door.fails = lambda: Busy("the library is held")

    def mended(number: int) -> None:
        if number == blocks_in(30.0):
            door.fails = lambda: None

    keeper = play(tmp_path, door, 90.0, on_block=mended)
    assert quietest(keeper.sound) > -25
    assert next(news.position for news in door.news if news.kind == "began") == keeper.blocks[0].position
    assert ("track", "p0") in door.began()
    assert [news.data["what"] for news in door.told("fault")] == ["door"]


def test_a_door_that_cannot_be_opened_is_tried_again(tmp_path: Path) -> None:
    reserve(tmp_path / "reserve", "r0")
    door, tries = ListDoor(pieces(tmp_path)), []

    def opens() -> Door:
        tries.append(1)
        if len(tries) < 4:
            raise OSError("no such library")
        return door

    play(tmp_path, door, 60.0, opens=opens)
    assert len(tries) == 4
    assert ("track", "p0") in door.began()


def test_what_the_library_thought_best_is_known_without_it(tmp_path: Path) -> None:
    items = pieces(tmp_path, 2)
    play(tmp_path, ListDoor(best=items), 5.0)
    closed = ListDoor()
    closed.fails = lambda: Busy("held")
    tower, keeper = station(tmp_path, closed, start_utc=UTC + 3600)
    tower.run(blocks=blocks_in(5.0))
    assert keeper.blocks[0].marks[0].item.id in {"p0", "p1"}


def test_a_restart_goes_on_where_the_piece_would_be_by_now(tmp_path: Path) -> None:
    items = pieces(tmp_path, 2, seconds=60.0)
    first = ListDoor(items)
    before = play(tmp_path, first, 20.0)
    again = ListDoor()
    tower, after = station(tmp_path, again, start_utc=UTC + 23.0)
    tower.run(blocks=blocks_in(5.0))
    mark = after.blocks[0].marks[0]
    assert mark.item == items[0]
    assert mark.at_s == pytest.approx(23.0, abs=0.3)
    assert after.blocks[0].gap
    assert after.blocks[0].position > before.blocks[-1].position
    lost_s = (after.blocks[0].position - before.blocks[-1].position) / RATE
    assert after.blocks[0].utc - before.blocks[-1].utc == pytest.approx(lost_s, abs=2 * BLOCK / RATE)
    assert again.told("began")[0].data["resumed"] is True


@pytest.mark.parametrize("passed_s", [-86_400.0, -3.0, 0.0, 2.0, 86_400.0])
def test_positions_rise_over_restarts_whatever_the_day_says(tmp_path: Path, passed_s: float) -> None:
    reserve(tmp_path / "reserve", "r0")
    last, utc = -1, UTC
    for _ in range(20):
        tower, keeper = station(tmp_path, ListDoor(), start_utc=utc)
        tower.run(blocks=5)
        positions = [block.position for block in keeper.blocks]
        assert positions[0] > last
        assert all(position % BLOCK == 0 for position in positions)
        last, utc = positions[-1], utc + passed_s


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"position": -5, "utc": 0, "sounding": null}', "\x00" * 99])
def test_a_spoilt_state_file_costs_nothing_but_the_place_in_the_piece(tmp_path: Path, text: str) -> None:
    reserve(tmp_path / "reserve", "r0")
    before = play(tmp_path, ListDoor(), 2.0)
    (tmp_path / "air" / "main" / "state.json").write_text(text)
    tower, after = station(tmp_path, ListDoor(), start_utc=UTC + 10.0)
    tower.run(blocks=5)
    assert after.blocks[0].position > before.blocks[-1].position


@pytest.mark.slow
def test_a_station_of_a_quarter_hour_has_no_silence_and_ends_what_it_begins(tmp_path: Path) -> None:
    reserve(tmp_path / "reserve", "r0")
    items = pieces(tmp_path, 5, seconds=90.0)
    door = ListDoor(best=items)
    quiet: list[float] = []

    class Listener(Keeper):
        def send(self, block: Any) -> None:
            quiet.append(float(np.abs(block.samples).max()))

    tower = Tower(
        tmp_path / "air" / "main",
        lambda: door,
        reserve=tmp_path / "reserve",
        outputs=[Listener()],
        join=fades,
        paced=False,
        start_utc=UTC,
        seed=3,
    )
    tower.run(blocks=blocks_in(900.0))
    assert min(quiet) > 0.1
    assert len(door.told("began")) == len(door.told("ended"))
    assert not door.told("fault")
    heard = {name for _, name in door.began()}
    assert heard == {item.id for item in items}


@pytest.mark.parametrize("where", ["tail", "whole"])
def test_a_piece_that_falls_silent_is_left(tmp_path: Path, where: str) -> None:
    import soundfile

    items = pieces(tmp_path, 2, seconds=120.0)
    sound = tone(200, 120).T
    sound[0 if where == "whole" else 10 * RATE :] = 0
    soundfile.write(items[0].path, sound, RATE)
    door = ListDoor(items)
    keeper = play(tmp_path, door, 20.0)
    began = (door.told("began")[1].position - keeper.blocks[0].position) / RATE
    assert began < (4.0 if where == "whole" else 14.0)
    assert door.told("began")[1].data["item"]["id"] == "p1"
    assert [news.data["unplayable"] for news in door.told("fault")] == [False]


def test_a_piece_that_ends_the_process_is_not_tried_again_and_again(tmp_path: Path) -> None:
    items = pieces(tmp_path, 2, seconds=60.0)
    play(tmp_path, ListDoor(items), 20.0)
    station(tmp_path, ListDoor(), start_utc=UTC + 21.0)  # killed before its first block
    tower, after = station(tmp_path, ListDoor(), start_utc=UTC + 22.0)
    tower.run(blocks=5)
    assert after.blocks[0].marks[0].item.id == "bed"
    assert after.blocks[0].position > round((UTC + 21.0 - 1_767_225_600) * RATE)
