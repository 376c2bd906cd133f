"""Check 12 (stems): clicks beside a texture that crackles by design."""

from sonicforge.critic.audio.clicking import CHECK, click_rate
from sonicforge.critic.clicks import click_times, crackles, scheduled_onsets
from sonicforge.critic.grade import graded, skipped
from sonicforge.critic.stem_facts import Stems
from sonicforge.critic.verdict import Finding
from sonicforge.genres.genre import Genre
from sonicforge.music.score import Score
from sonicforge.music.time import Clock
from sonicforge.sound.audio import Audio


def stem_clicks(stem: str, audio: Audio, score: Score, genre: Genre, clock: Clock) -> int | None:
    """Clicks in a stem of a genre whose texture crackles; None for the texture itself and for other genres."""
    textures = crackles(genre)
    if not textures or stem in textures:
        return None
    return len(click_times(audio, scheduled_onsets(score, clock, stem)))


def clicks_beside_texture(stems: Stems) -> Finding:
    """Clicks a minute in all stems but the texture, together."""
    told = [fact for fact in stems.facts if fact.clicks is not None]
    if not told:
        return skipped(CHECK, "clicks are looked for in the finished sound")
    return graded(CHECK, click_rate(sum(fact.clicks or 0 for fact in told), told[0].duration_s))
