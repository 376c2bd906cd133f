"""Examples of answers, by operation; a test holds each against its schema."""

from typing import Any, Final

TRACK: Final[dict[str, Any]] = {
    "id": "3f0b5c9d12ab", "title": "Neon Harbour", "artist": "SonicForge", "genre": "lofi_hiphop",
    "moods": ["rainy", "calm"], "key": "D minor", "bpm": 78.0, "energy": 0.35, "duration_s": 182.4, "lufs": -14.0,
    "true_peak_db": -1.0, "score": 9.1, "passed": True, "approved": True, "state": "ready", "retired_because": "",
    "added_at": 1790000000.0, "retired_at": None, "seed": 7, "concept": {"genre": "lofi_hiphop", "seed": 7},
    "bytes": 21400312, "plays": 4, "last_played_at": 1790007200.0, "likes": 3, "stars": 4.5, "stars_count": 2,
    "skips": 0, "worth": 0.93,
}  # fmt: skip
PLAY: Final[dict[str, Any]] = {
    "id": 812, "station": "main", "position": 86400000, "kind": "track", "track_id": "3f0b5c9d12ab",
    "title": "Neon Harbour", "artist": "SonicForge", "genre": "lofi_hiphop", "started_at": 1790007200.0,
    "ended_at": None, "source": "programme", "request_id": None, "reason": {"words": "a new piece for about 22:30"},
    "transition": {"method": "B"}, "listeners": 3,
}  # fmt: skip
QUEUE_ITEM: Final[dict[str, Any]] = {
    "id": 41, "station": "main", "track": TRACK, "place": 0, "pinned": False, "state": "waiting", "source": "request",
    "request_id": 9, "reason": {"words": "a listener asked for it"}, "added_at": 1790007000.0,
}  # fmt: skip
STATION: Final[dict[str, Any]] = {
    "id": "main", "name": "SonicForge", "description": "Composed as it plays.", "on_air": True,
    "programme": {"buffer_min": 60.0, "new_share": 0.6}, "created_at": 1790000000.0, "changed_at": 1790000000.0,
    "hls": "/hls/main/master.m3u8", "live": {"mp3": "/live/main.mp3", "opus": "/live/main.opus"},
}  # fmt: skip
REQUEST: Final[dict[str, Any]] = {
    "id": 9, "station": "main", "text": "something calm with piano", "at": 1790006900.0, "state": "queued",
    "understood": {"genre": "ambient"}, "answer": "A calm piece with piano comes in about four minutes.",
    "track_id": "3f0b5c9d12ab", "job_id": None, "changed_at": 1790006901.0, "own": True,
}  # fmt: skip
GENERATION: Final[dict[str, Any]] = {
    "id": 77, "state": "running", "job_class": "default", "concept": {"genre": "lofi_hiphop", "bpm": 78.0, "seed": 7},
    "candidates": 3, "source": "person", "created_at": 1790006900.0, "run_at": None, "attempts": 1, "max_attempts": 3,
    "progress": 0.42, "stage": "mix", "eta_s": 6.5, "cancel_asked": False, "finished_at": None, "track_id": None,
    "approved": None, "score": None, "reasons": [], "failed": False,
}  # fmt: skip
OUTPUT: Final[dict[str, Any]] = {
    "name": "hls", "kind": "hls", "state": "on", "health": "green", "why": "", "since": 1790000000.0, "detail": "",
    "bitrate": 704000, "bytes_taken": 812345678, "reconnects": 0, "dropped_blocks": 0, "level_lufs": -16.1,
    "silent_s": 0.0, "frozen_s": 0.0, "listeners": None,
}  # fmt: skip
NOW: Final[dict[str, Any]] = {
    "station": "main", "at": 1790007260.0, "play": PLAY, "track": TRACK, "elapsed_s": 60.0, "remaining_s": 122.4,
    "next": QUEUE_ITEM, "listeners": 3, "skip_votes": 0,
}  # fmt: skip
VOTE: Final[dict[str, Any]] = {"track": TRACK, "liked": True, "stars": 5}
QUEUE: Final[dict[str, Any]] = {"station": "main", "taken": [], "waiting": [QUEUE_ITEM], "waiting_s": 182.4}

EXAMPLES: Final[dict[str, Any]] = {
    "list_stations": [STATION],
    "get_station": STATION,
    "change_station": STATION,
    "get_now_playing": NOW,
    "vote_to_skip": {"votes": 1, "needed": 2, "skipped": False, "play": PLAY},
    "skip": {"order": 5, "kind": "skip", "station": "main"},
    "list_queue": QUEUE,
    "add_to_queue": QUEUE_ITEM,
    "change_queue_item": QUEUE_ITEM,
    "list_history": {"items": [PLAY], "next": None},
    "list_tracks": {"items": [TRACK], "next": None},
    "get_track": {
        "track": TRACK, "bars": {"beats_per_bar": 4, "bars": [0.0, 3.08]}, "measures": {"integrated": -14.0},
        "verdict": {"score": 9.1, "passed": True},
        "files": [
            {
                "name": "track.flac", "url": "/api/v1/tracks/3f0b5c9d12ab/files/track.flac", "bytes": 21400312,
                "media_type": "audio/flac",
            }
        ],
    },
    "change_track": TRACK,
    "get_vote": VOTE,
    "vote": VOTE,
    "understand_words": {
        "concept": {"genre": "lofi_hiphop", "bpm": 78.0, "key": "D minor", "seed": 7},
        "understood": ["78 bpm", "D minor", "genre lo-fi hip hop"], "compromises": [],
    },
    "create_generation": GENERATION | {"state": "queued", "attempts": 0, "progress": 0.0, "stage": "", "eta_s": None},
    "list_generations": {"items": [GENERATION], "next": None},
    "get_generation": GENERATION,
    "cancel_generation": GENERATION | {"cancel_asked": True},
    "create_request": REQUEST,
    "list_requests": {"items": [REQUEST], "next": None},
    "get_request": REQUEST,
    "say": {"kind": "programme", "words": "Understood: more energy after 22:00.", "request": None, "order": None},
    "count_listeners": {"station": "main", "listeners": 3, "outputs": {"hls": 2, "live.mp3": 1}},
    "list_listener_minutes": [{"output": "hls", "at": 1790007240.0, "listeners": 2}],
    "get_me": {"id": "b3c1a07d55e2f0a1b2c3d4e5", "token": "b3c1a07d55e2f0a1b2c3d4e5.9f...", "owner": False},
    "list_outputs": [OUTPUT],
    "get_station_health": {"station": "main", "health": "green", "why": "", "age_s": 0.4, "outputs": [OUTPUT]},
    "set_outputs": {"order": 6, "kind": "outputs", "station": "main"},
    "is_live": {"live": True},
    "is_ready": {"ready": True, "checks": {"library": "ok", "disk": "ok"}},
}  # fmt: skip
