"""Which layers of the cast play a part code in a section: the plan's choice, or the voice a section asks for."""

from sonicforge.compose.sketch import Sketch
from sonicforge.genres.genre import Layer
from sonicforge.music.score import Section


def layers_of(sketch: Sketch, code: str, section: Section) -> tuple[Layer, ...]:
    """The layers of a part code; a section's `voice` token picks the alternative that contains that voice."""
    own = sketch.plan.cast.get(code, ())
    asked = sketch.directions(section).voices.get(code)
    if asked is None or any(layer.voice == asked for layer in own):
        return own
    for alternative in sketch.genre.cast.get(code, ()):
        if any(layer.voice == asked for layer in alternative):
            return alternative
    return own
