"""A chain is its processors one after the other; a whole recording comes back in time and as long as it was."""

import numpy as np

from sonicforge.effects import Chain, Compressor, Gain, Limiter
from sonicforge.effects.catalogue import build
from sonicforge.sound.audio import Audio

NOISE = (np.random.default_rng(1).standard_normal((2, 30_000)) * 0.3).astype(np.float32)


def chain() -> Chain:
    return Chain([Gain(gain_db=6), Compressor(threshold_db=-20, ratio=3, look_ahead_ms=2), Limiter(ceiling_db=-1)])


def test_latency_is_the_sum_and_the_order_is_kept() -> None:
    whole = chain()
    assert whole.latency == sum(processor.latency for processor in whole.processors) > 0
    by_hand = NOISE
    for processor in chain().processors:
        by_hand = processor.process(by_hand)
    assert np.array_equal(whole.process(NOISE), by_hand)


def test_an_empty_chain_changes_nothing() -> None:
    assert np.array_equal(Chain([]).process(NOISE), NOISE)
    assert Chain([]).latency == 0


def test_a_recording_comes_back_in_time_and_the_chain_starts_afresh_each_time() -> None:
    used = chain()
    first = used.process(Audio(NOISE, 48_000))
    assert first.samples.shape == NOISE.shape
    assert np.array_equal(used.process(Audio(NOISE, 48_000)).samples, first.samples)
    streamed = chain()
    flushed = streamed.process(np.pad(NOISE, ((0, 0), (0, streamed.latency))))
    assert np.array_equal(first.samples, flushed[:, streamed.latency :])


def test_a_chain_can_hold_chains() -> None:
    nested = Chain([chain(), Chain([build("gain", {"gain_db": -3}, sample_rate=48_000)])])
    flat = Chain([*chain().processors, Gain(gain_db=-3)])
    assert nested.latency == flat.latency
    assert np.array_equal(nested.process(NOISE), flat.process(NOISE))


def test_gain_is_exact_and_routes_go_where_they_say() -> None:
    left, right = NOISE
    assert np.allclose(Gain(gain_db=-6.0206).process(NOISE), NOISE / 2, rtol=1e-5)
    assert np.array_equal(Gain(polarity="inverted").process(NOISE), -NOISE)
    wanted = {
        "mono": ((left + right) / 2, (left + right) / 2),
        "swapped": (right, left),
        "left": (left, left),
        "right": (right, right),
        "side": ((left - right) / 2, (right - left) / 2),
    }
    for route, sides in wanted.items():
        assert np.allclose(Gain(route=route).process(NOISE), np.stack(sides)), route
