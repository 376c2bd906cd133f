"""The highest value between samples, eight neighbouring places at once: what a true-peak detector reads in one group.

The folded phases of a detector (`sound.true_peak.Interpolator`) run side by side over one pass of the samples, with all
sums in registers. The reading of a group depends on nothing but its samples, wherever a signal is cut.
"""

from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LANES = 8
_VECTOR = ir.VectorType(ir.FloatType(), LANES)


def reader(half: int, evens: int, odds: int) -> Any:
    """A kernel (x, first, even, odd) -> float32 for a detector of 2 `half` taps with that many folded phases.

    `first` is the sample under the first tap at the first of the eight places; 2 `half` + 7 samples from there on must
    exist.
    """

    @intrinsic
    def read(_typing, x, first, even, odd):  # type: ignore[no-untyped-def]
        return types.float32(x, first, even, odd), _generator(half, evens, odds)

    return read


def _generator(half: int, evens: int, odds: int) -> Callable[..., Any]:
    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        arrays = (context.make_array(signature.args[k])(context, builder, args[k]).data for k in (0, 2, 3))
        samples, even, odd = arrays
        start = builder.gep(samples, [args[1]])
        sums: list[Any] = [None] * (evens + odds)
        for tap in range(half):
            near, far = _load(builder, start, tap), _load(builder, start, 2 * half - 1 - tap)
            both = [builder.fadd(near, far)] * evens + [builder.fsub(near, far)] * odds
            for k, (table, phase) in enumerate([(even, p) for p in range(evens)] + [(odd, p) for p in range(odds)]):
                weight = _spread(builder, table, phase * half + tap)
                sums[k] = (
                    builder.fmul(weight, both[k])
                    if sums[k] is None
                    else _call(builder, "fmuladd", weight, both[k], sums[k])
                )
        heights = [_call(builder, "fabs", one) for one in sums]
        pairs = [builder.fadd(heights[p], heights[evens + p]) if p < odds else heights[p] for p in range(evens)]
        highest = pairs[0]
        for pair in pairs[1:]:
            highest = _larger(builder, highest, pair)
        return _reduced(builder, highest)

    return generate


def _load(builder: Any, start: Any, offset: int) -> Any:
    place = builder.gep(start, [ir.Constant(ir.IntType(64), offset)])
    return builder.load(builder.bitcast(place, _VECTOR.as_pointer()), align=4)


def _spread(builder: Any, table: Any, place: int) -> Any:
    weight = builder.load(builder.gep(table, [ir.Constant(ir.IntType(64), place)]))
    one = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), weight, ir.Constant(ir.IntType(32), 0))
    return builder.shuffle_vector(one, one, ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES))


def _call(builder: Any, name: str, *values: Any) -> Any:
    kind = ir.FunctionType(_VECTOR, [_VECTOR] * len(values))
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, f"llvm.{name}.v{LANES}f32"), values)


def _larger(builder: Any, one: Any, other: Any) -> Any:
    return builder.select(builder.fcmp_ordered(">", one, other), one, other)


def _reduced(builder: Any, vector: Any) -> Any:
    """The largest lane."""
    for step in (4, 2, 1):
        order = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [(lane + step) % LANES for lane in range(LANES)])
        vector = _larger(builder, vector, builder.shuffle_vector(vector, vector, order))
    return builder.extract_element(vector, ir.Constant(ir.IntType(32), 0))
