"""Pieces that listeners do not want any more leave the rotation; they stay in the library until space runs out."""

from typing import Final

from sqlalchemy.orm import Session

from sonicforge.library import tracks
from sonicforge.library.programme import Programme
from sonicforge.library.values import Track

POOR_STARS: Final = 2.0


def retire_disliked(session: Session, rules: Programme, *, now: float) -> tuple[Track, ...]:
    """Retire what listeners dislike by a station's rules; returns what went."""
    found = [(track, disliked(track, rules)) for track in tracks.doubtful(session)]
    return tuple(tracks.retire(session, track.id, because=because, now=now) for track, because in found if because)


def disliked(track: Track, rules: Programme) -> str:
    """Why a track should go, in words; empty for one that may stay.

    Enough skips (`skip_least`) that make up the share `skip_share` of all opinions, or a mean of at most two stars from
    three listeners or more.
    """
    opinions = track.likes + track.stars_count + track.skips
    if track.skips >= rules.skip_least and track.skips >= rules.skip_share * opinions:
        return f"{track.skips} of {opinions} who said something wanted it skipped"
    if track.stars is not None and track.stars <= POOR_STARS and track.stars_count >= max(3, rules.skip_least):
        return f"{track.stars:.1f} stars from {track.stars_count} listeners"
    return ""
