"""Compiling every kernel ahead of time, by making a little music of every genre."""

from collections.abc import Iterator

from sonicforge.genres.concept import Concept
from sonicforge.genres.load import names
from sonicforge.studio.produce import first_bars, produce


def warm_up() -> Iterator[str]:
    """Yield the name of each genre after four bars of it were made; one whole short track comes last.

    Kernels are cached on disk by Numba, so the second run takes seconds.
    """
    for name in names():
        first_bars(Concept(genre=name, seed=1), 4)
        yield name
    produce(Concept(genre="lofi_hiphop", seed=1, length_s=40.0), keep_stems=False)
    yield "a whole track"
