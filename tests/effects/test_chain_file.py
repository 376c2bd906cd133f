"""Chains as data: what is allowed, what is refused, and with which words."""

from pathlib import Path

import numpy as np
import pytest

from sonicforge.effects.chain_file import Step, build_chain, read_chain, step_in_words
from sonicforge.errors import BadDataFile, BadInput, OutOfRange, UnknownName


def written(folder: Path, text: str) -> Path:
    path = folder / "chain.yaml"
    path.write_text(text)
    return path


def test_a_chain_file_becomes_its_steps(tmp_path: Path) -> None:
    text = "title: chapel\nchain:\n  - compressor\n  - delay: {note: 1/8 dotted, bpm: 96}\n  - gain: {gain_db: -3}\n"
    steps = read_chain(written(tmp_path, text))
    assert [step.effect for step in steps] == ["compressor", "delay", "gain"]
    assert steps[1].settings == {"note": "1/8 dotted", "bpm": 96}
    chain = build_chain(steps, sample_rate=48_000, channels=2)
    assert len(chain.processors) == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "must be a table"),
        ("- gain", "must be a table"),
        ("title: 3\nchain: [gain]", "title: is 3"),
        ("tracks: 3\nchain: [gain]", "tracks: is not known"),
        ("title: none", "at least one effect"),
        ("chain: []", "at least one effect"),
        ("chain: gain", "must be a list"),
        ("chain: [{gain: {}, delay: {}}]", r"chain\[0\]: must be one effect"),
        ("chain: [gain, 3]", r"chain\[1\]: must be one effect"),
        ("chain: [{gain: 3}]", r"chain\[0\]\.gain: must be a table"),
        ("chain: [gian]", "did you mean gain"),
        ("chain: [{gain: {gain_db: 99}}]", "between -96.0 and 24.0"),
        ("chain: [{gain: {loudness: 1}}]", "no parameter of gain"),
        ("chain: [{gain: {1: 1}}]", "no parameter of gain"),
        ("chain: {gain", "is not YAML"),
    ],
)
def test_a_fault_is_named_with_its_place(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(BadDataFile, match=words):
        read_chain(written(tmp_path, text))


def test_a_file_that_is_not_there_or_not_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadDataFile, match="cannot be read"):
        read_chain(tmp_path / "missing.yaml")
    (tmp_path / "noise.yaml").write_bytes(bytes(range(256)))
    with pytest.raises(BadDataFile, match="is not YAML"):
        read_chain(tmp_path / "noise.yaml")


def test_settings_may_be_written_as_words() -> None:
    assert step_in_words("delay", ["note=1/4", "mix = 0.3"]) == Step("delay", {"note": "1/4", "mix": 0.3})
    with pytest.raises(BadInput, match=r"mix=0\.3"):
        step_in_words("delay", ["mix"])
    for wrong in ("nan", "inf", "much"):
        with pytest.raises(OutOfRange, match=wrong):
            step_in_words("delay", [f"mix={wrong}"])
    with pytest.raises(UnknownName, match="did you mean delay"):
        step_in_words("dealy", [])


def test_chance_comes_from_the_seed_and_the_place() -> None:
    quiet = np.zeros((2, 2000), np.float32)
    steps = (Step("hiss", {}), Step("hiss", {}))
    same, again, other = (
        build_chain(steps, sample_rate=48_000, channels=2, seed=seed).process(quiet) for seed in (1, 1, 2)
    )
    assert np.array_equal(same, again)
    assert not np.array_equal(same, other)
    one = build_chain(steps[:1], sample_rate=48_000, channels=2, seed=1).process(quiet)
    assert not np.array_equal(same, 2 * one)
