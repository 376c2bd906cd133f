"""Demucs, where a person has installed it: drums, bass, voice and the rest by a neural network.

The package and its weights are not part of SonicForge (`pip install demucs`; MIT licence). Nothing is downloaded here:
what is missing is said in one line.
"""

from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from sonicforge.errors import Conflict, UnknownName
from sonicforge.sound.audio import Samples

PIECE_S, OVERLAP_S = 60.0, 4.0
"""Seconds given to the network at a time, and how long neighbouring pieces are faded into each other."""


class Demucs:
    """A loaded model: `sources` names its parts, `sample_rate` is the rate at which it works."""

    def __init__(self, name: str) -> None:
        """Raises `Conflict` when package or weights are missing, `UnknownName` for a model Demucs does not have."""
        if find_spec("demucs") is None:
            raise Conflict(
                "the model needs the package demucs (pip install demucs); without it use the plain separation"
            )
        pretrained = import_module("demucs.pretrained")
        _check_weights(name, Path(pretrained.REMOTE_ROOT))
        self._model: Any = pretrained.get_model(name)
        self._model.eval()
        self.sources: tuple[str, ...] = tuple(self._model.sources)
        self.sample_rate, self.channels = int(self._model.samplerate), int(self._model.audio_channels)

    def parts(self, blocks: Iterable[Samples], offset: float, scale: float) -> Iterator[Samples]:
        """Stretches (sources, channels, n) that follow each other, of a stream at the model's rate.

        The network wants sound of mean 0 and deviation 1; `offset` and `scale` are those of the whole recording.
        """
        size, fade = round(PIECE_S * self.sample_rate), round(OVERLAP_S * self.sample_rate)
        ramp = (np.arange(fade, dtype=np.float32) + 0.5) / fade
        held: Samples | None = None
        for piece, last in _pieces(blocks, size, fade):
            made = self._apply((piece - offset) / scale) * np.float32(scale) + np.float32(offset)
            if held is not None:
                width = min(fade, made.shape[2], held.shape[2])
                made[..., :width] = held[..., :width] * (1 - ramp[:width]) + made[..., :width] * ramp[:width]
            keep = made.shape[2] if last else made.shape[2] - fade
            held = made[..., keep:]
            yield np.ascontiguousarray(made[..., :keep], np.float32)

    def _apply(self, piece: Samples) -> Samples:
        torch, apply = import_module("torch"), import_module("demucs.apply")
        wide = np.repeat(piece, self.channels, axis=0) if len(piece) < self.channels else piece[: self.channels]
        with torch.no_grad():
            made = apply.apply_model(self._model, torch.from_numpy(wide.astype(np.float32))[None], shifts=0, split=True)
        found = np.array(made[0].cpu().numpy(), np.float32)
        return found.mean(axis=1, keepdims=True) if len(piece) == 1 else found


def _pieces(blocks: Iterable[Samples], size: int, fade: int) -> Iterator[tuple[Samples, bool]]:
    """Pieces of `size` samples, each repeating the last `fade` of the one before; True with the last."""
    held: list[Samples] = []
    count = 0
    for block in blocks:
        held.append(block)
        count += block.shape[1]
        while count > size + fade:
            joined = np.concatenate(held, axis=1)
            yield joined[:, :size], False
            held, count = [joined[:, size - fade :]], count - size + fade
    if count:
        yield np.concatenate(held, axis=1), True


def _check_weights(name: str, recipes: Path) -> None:
    """Raises unless every network that the model `name` is made of lies in torch's own folder of weights."""
    import yaml

    known = {path.stem for path in recipes.glob("*.yaml")}
    if name not in known:
        raise UnknownName("Demucs model", name, known)
    recipe = yaml.safe_load((recipes / f"{name}.yaml").read_text())
    folder = Path(import_module("torch").hub.get_dir()) / "checkpoints"
    missing = [one for one in recipe["models"] if not list(folder.glob(f"{one}-*.th"))]
    if missing:
        raise Conflict(
            f"the weights of {name} are not in {folder} ({', '.join(missing)} missing); "
            f"run `demucs -n {name}` once on any file to fetch them"
        )
