"""A listener's words -> what music is meant: by a chat model where there is one, else by the built-in interpreter."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from sonicforge.chance import subseed
from sonicforge.genres.concept import Concept
from sonicforge.genres.interpret import interpret
from sonicforge.genres.load import names
from sonicforge.genres.phrase import listed
from sonicforge.settings import Settings
from sonicforge.tasks.model import ChatModel
from sonicforge.tasks.words import spoken

_QUOTED: Final = re.compile(r"[\"“«„]([^\"”»“]{2,80})[\"”»“]")
_PLAY: Final = re.compile(
    r"^\s*(?:please\s+)?(?:play|repeat|put on)\s+(?:the (?:song|track|piece)\s+)?(.{2,80}?)\s*[.!?]*$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Understood:
    """What was heard in a text: a concept (None: nothing that is music), sentences about it, where wishes gave way.

    `title` is a piece that may be meant by name; `by` says who understood: interpreter or model.
    """

    concept: Concept | None
    said: tuple[str, ...] = ()
    compromises: tuple[str, ...] = ()
    title: str = ""
    by: str = "interpreter"

    def to_json(self) -> dict[str, Any]:
        """Plain values."""
        concept: Mapping[str, Any] = {} if self.concept is None else self.concept.to_json()
        return {"concept": dict(concept), "said": list(self.said), "compromises": list(self.compromises), "by": self.by}


def understand(
    text: str, *, seed: int = 0, genre_folder: Path | None = None, model: ChatModel | None = None
) -> Understood:
    """What music a text asks for. Never raises for odd words; a model that is slow costs its time-out at most."""
    title = _title(text)
    seed = subseed(seed, "wish", text) >> 1
    told = None if model is None else model.concept(text, names(genre_folder), seed=seed)
    if told is not None and _wishes(told):
        return Understood(told, described(told), (), title, "model")
    heard = interpret(text, seed=seed, folder=genre_folder)
    concept = heard.concept if _wishes(heard.concept) else None
    said = tuple(line for line in heard.understood if line not in heard.compromises)
    return Understood(concept, said if concept else (), heard.compromises if concept else (), title)


@lru_cache(maxsize=8)
def model_of(settings: Settings) -> ChatModel | None:
    """The chat model of the settings, None where none is named; the same one each time, so that its rests are kept.

    Raises `BadInput` for an address that is none.
    """
    if not (settings.llm_url and settings.llm_model):
        return None
    return ChatModel(settings.llm_url, settings.llm_key, settings.llm_model)


def described(concept: Concept) -> tuple[str, ...]:
    """A concept in sentences."""
    said = []
    if concept.genre:
        said.append(f"genre: {spoken(concept.genre)}")
    for name, words in (("mood", concept.mood), ("features", concept.instruments), ("without", concept.without)):
        if words:
            said.append(f"{name}: {listed(words)}")
    if concept.bpm is not None:
        said.append(f"tempo: {concept.bpm:g} bpm")
    if concept.key:
        said.append(f"key: {concept.key}")
    if concept.energy is not None:
        said.append(f"energy: {concept.energy:.0%}")
    if concept.length_s is not None:
        said.append(f"length: {int(concept.length_s) // 60}:{int(concept.length_s) % 60:02d}")
    return tuple(said)


def _wishes(concept: Concept) -> bool:
    """Whether a concept says anything at all."""
    return bool(concept.to_json().keys() - {"text", "seed"})


def _title(text: str) -> str:
    found = _QUOTED.search(text) or _PLAY.match(text)
    return found[1].strip() if found else ""
