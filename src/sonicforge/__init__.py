"""SonicForge composes, plays, mixes, masters and judges original music."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sonicforge.genres.concept import Concept
    from sonicforge.studio.produce import produce
    from sonicforge.studio.take import Take

__version__ = "0.1.0"
__all__ = ["Concept", "Take", "__version__", "produce"]

_HOMES = {
    "Concept": "sonicforge.genres.concept",
    "Take": "sonicforge.studio.take",
    "produce": "sonicforge.studio.produce",
}


def __getattr__(name: str) -> Any:
    """Load the public names on first use, so that `import sonicforge` costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sonicforge' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
