"""Outputs come and go as wished, and none of them can harm another."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from small_station import Keeper

from sonicforge.errors import BadInput
from sonicforge.playout.block import BLOCK, Block
from sonicforge.playout.outputs.output import Output
from sonicforge.playout.outputs.wish import Wish
from sonicforge.playout.rack import Rack, changed

A, B = Wish("recording", "a"), Wish("recording", "b")


def block(number: int = 0) -> Block:
    return Block(number * BLOCK, 0.0, np.zeros((2, BLOCK), np.float32))


def rack(make: Callable[[Wish], Output]) -> tuple[Rack, list[tuple[str, str]]]:
    faults: list[tuple[str, str]] = []
    return Rack(make, fault=lambda name, words: faults.append((name, words))), faults


def test_only_what_changed_is_started_and_stopped() -> None:
    made: list[Keeper] = []

    def make(wish: Wish) -> Output:
        made.append(Keeper(wish.name))
        return made[-1]

    outputs, _ = rack(make)
    outputs.wish([A, B])
    for number in range(100):
        outputs.send(block(number))
    outputs.wish([A, Wish("recording", "b", options={"format": "mp3"})])
    outputs.send(block(100))
    assert [keeper.name for keeper in made] == ["a", "b", "b"]
    assert [len(keeper.blocks) for keeper in made] == [101, 100, 1]
    assert [keeper.closed for keeper in made] == [False, True, False]
    outputs.close()
    assert all(keeper.closed for keeper in made)


def test_an_output_that_throws_disturbs_no_other_and_is_told_once() -> None:
    def throwing(_number: int) -> None:
        raise OSError("broken")

    keepers = {"a": Keeper("a", on_block=throwing), "b": Keeper("b")}
    outputs, faults = rack(lambda wish: keepers[wish.name])
    outputs.wish([A, B])
    for number in range(10):
        outputs.send(block(number))
    assert len(keepers["b"].blocks) == 10
    assert len(faults) == 1


def test_an_output_that_cannot_be_made_shows_as_failed_with_the_reason() -> None:
    def make(wish: Wish) -> Output:
        if wish.name == "a":
            raise BadInput("no such format")
        return Keeper(wish.name)

    outputs, faults = rack(make)
    outputs.wish([A, B])
    states = {state.name: (state.state, state.detail) for state in outputs.states()}
    assert states == {"a": ("failed", "no such format"), "b": ("on", "")}
    assert faults == [("a", "no such format")]


def test_a_change_of_state_is_news_and_a_change_of_figures_is_not(tmp_path: Path) -> None:
    keeper = Keeper()
    before = [keeper.state]
    keeper.start()
    assert changed(before, [keeper.state]) == [keeper.state]
    assert changed([keeper.state], [keeper.state]) == []
    assert changed([], [keeper.state]) == [keeper.state]


def test_an_output_that_takes_seconds_to_load_still_gets_the_beginning() -> None:
    made: list[Keeper] = []

    def make(wish: Wish) -> Output:
        made.append(Keeper(wish.name))
        return made[-1]

    outputs, _ = rack(make)
    for number in range(30):
        outputs.send(block(number))
    outputs.wish([A])
    outputs.send(block(30))
    assert [sent.position for sent in made[0].blocks] == [number * BLOCK for number in range(31)]
    for number in range(31, 200):
        outputs.send(block(number))
    outputs.wish([A, B])
    outputs.send(block(200))
    assert [sent.position for sent in made[1].blocks] == [200 * BLOCK]
