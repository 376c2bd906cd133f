"""Four second-order sections at once, one in each lane of a vector, each two samples behind the one before it.

A recursion waits for itself. Four of them in one register wait together: four sections of one channel, or two sections
of two channels. The state of a section is held as p' = q + (b1 - a1 b0) v - a1 p, q' = (b2 - a2 b0) v - a2 p with the
output b0 v + p, so that a sample waits for one multiply-add; the lag hides the way from lane to lane. Each multiply-add
rounds once, in every lane and wherever a signal is cut, so that blocks of any length give the same samples.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

LANES = 4
LAG = 2


def lane_numbers(sections: Doubles, channels: int) -> Doubles:
    """b0, b1 - a1 b0, -a1, b2 - a2 b0, -a2 (5, 4) of 4 // channels sections (b0 b1 b2 a1 a2), a lane per channel."""
    b0, b1, b2, a1, a2 = np.repeat(sections, channels, axis=0).T
    return np.ascontiguousarray([b0, b1 - a1 * b0, -a1, b2 - a2 * b0, -a2])


def _march(channels: int) -> Any:
    """A kernel (left, right, into left, into right, numbers, state) that moves every lane on by the samples of `left`.

    state (4, 4): p, q, and the last two outputs, the older of which are the next lanes' inputs.
    """

    @intrinsic
    def march(_typing, left, right, into_left, into_right, numbers, state):  # type: ignore[no-untyped-def]
        signature = types.void(left, right, into_left, into_right, numbers, state)
        return signature, _generator(channels)

    return march


def _generator(channels: int) -> Callable[..., Any]:
    vector = ir.VectorType(ir.DoubleType(), LANES)
    order = ir.Constant(
        ir.VectorType(ir.IntType(32), LANES), [*range(LANES, LANES + channels), *range(LANES - channels)]
    )

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        arrays = [
            context.make_array(kind)(context, builder, value) for kind, value in zip(signature.args, args, strict=True)
        ]
        sources, targets = [one.data for one in arrays[:channels]], [one.data for one in arrays[2 : 2 + channels]]
        tables = [builder.bitcast(one.data, vector.as_pointer()) for one in arrays[4:]]
        count = cgutils.unpack_tuple(builder, arrays[0].shape)[0]
        kind = ir.FunctionType(vector, [vector] * 3)
        fma = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{LANES}f64")

        def row(table: Any, place: int) -> Any:
            return builder.gep(table, [ir.Constant(ir.IntType(64), place)])

        b0, c1, a1, c2, a2 = (builder.load(row(tables[0], k), align=8) for k in range(5))
        cells = [cgutils.alloca_once_value(builder, builder.load(row(tables[1], k), align=8)) for k in range(4)]
        with cgutils.for_range(builder, count) as loop:
            fresh = ir.Constant(vector, ir.Undefined)
            for lane, source in enumerate(sources):
                sample = builder.fpext(builder.load(builder.gep(source, [loop.index])), ir.DoubleType())
                fresh = builder.insert_element(fresh, sample, ir.Constant(ir.IntType(32), lane))
            p, q, last, before = (builder.load(cell) for cell in cells)
            v = builder.shuffle_vector(before, fresh, order)
            w = builder.call(fma, [b0, v, p])
            builder.store(builder.call(fma, [a1, p, builder.call(fma, [c1, v, q])]), cells[0])
            builder.store(builder.call(fma, [a2, p, builder.fmul(c2, v)]), cells[1])
            builder.store(w, cells[2])
            builder.store(last, cells[3])
            for lane, target in enumerate(targets, LANES - channels):
                sample = builder.extract_element(w, ir.Constant(ir.IntType(32), lane))
                builder.store(builder.fptrunc(sample, ir.FloatType()), builder.gep(target, [loop.index]))
        for k, cell in enumerate(cells):
            builder.store(builder.load(cell), row(tables[1], k), align=8)
        return context.get_dummy_value()

    return generate


_march_one = _march(1)
_march_two = _march(2)


@njit(cache=True, nogil=True)
def run_lanes(x, y, start, stop, numbers, state):  # type: ignore[no-untyped-def]
    """Filters x[:, start:stop] (one or two channels) into y, which may be x; state (4, 4) is carried on.

    At both ends, where only some of the lanes have a sample, the others are put back to where they were.
    """
    channels, size = x.shape[0], stop - start
    behind = LAG * (LANES // channels - 1)
    left, right = x[0, start:stop], x[channels - 1, start:stop]
    into_left, into_right = y[0, start:stop], y[channels - 1, start:stop]
    for at in range(behind):
        _edge(left, right, into_left, into_right, numbers, state, at, channels)
    if size > behind:
        whole = size - behind
        if channels == 1:
            _march_one(left[behind:], right[behind:], into_left[:whole], into_right[:whole], numbers, state)
        else:
            _march_two(left[behind:], right[behind:], into_left[:whole], into_right[:whole], numbers, state)
    for at in range(max(size, behind), size + behind):
        _edge(left, right, into_left, into_right, numbers, state, at, channels)
    # A tail below 1e-30 is no sound any more, but as a denormal it costs a hundred times the time.
    for k in range(2):
        for lane in range(LANES):
            if abs(state[k, lane]) < 1e-30:
                state[k, lane] = 0.0


@njit(cache=True, nogil=True)
def _edge(left, right, into_left, into_right, numbers, state, at, channels):  # type: ignore[no-untyped-def]
    size, behind = left.size, LAG * (LANES // channels - 1)
    held = state.copy()
    one = np.zeros((2, 1), np.float32)
    if at < size:
        one[0, 0], one[1, 0] = left[at], right[at]
    if channels == 1:
        _march_one(one[0], one[1], one[0], one[1], numbers, state)
    else:
        _march_two(one[0], one[1], one[0], one[1], numbers, state)
    for lane in range(LANES):
        if not 0 <= at - LAG * (lane // channels) < size:
            state[:2, lane] = held[:2, lane]
    if at >= behind:
        into_left[at - behind], into_right[at - behind] = one[0, 0], one[channels - 1, 0]
