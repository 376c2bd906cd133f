"""Tags: one plain vocabulary, and each container's own names for it."""

from collections.abc import Mapping

Tags = Mapping[str, str]

_SHARED = ("title", "artist", "album", "genre", "date", "comment")
_MORE = ("album_artist", "track", "disc", "composer", "publisher", "copyright")
NAMES = (*_SHARED, "bpm", "key", *_MORE, "isrc")
"""The plain vocabulary."""

_VORBIS = {"bpm": "BPM", "key": "INITIALKEY", "isrc": "ISRC"} | {name: name for name in _MORE}
_OWN = {
    "flac": _VORBIS,
    "ogg": _VORBIS,
    "opus": _VORBIS,
    "mp3": {"bpm": "TBPM", "key": "TKEY", "isrc": "TSRC"} | {name: name for name in _MORE},
    "m4a": {"bpm": "tmpo"} | {name: name for name in _MORE if name != "publisher"},
    "wav": {"track": "tracknumber", "copyright": "copyright"},
}
_ANY_NAME = ("flac", "ogg", "opus", "mp3")
_ABOUT_THE_FILE = {
    "acoustid_fingerprint", "coding_history", "compatible_brands", "creation_time", "cuesheet", "duration",
    "encoded_by", "encoder", "encoding", "handler_name", "initialkey", "itunnorm", "itunsmpb", "language",
    "major_brand", "metadata_block_picture", "minor_version", "software", "time_reference", "tlen", "tsse", "umid",
    "vendor_id", "waveformatextensible_channel_mask",
}  # fmt: skip
_LEVELS = ("replaygain_", "r128_")


def container_tags(kind: str, tags: Tags) -> dict[str, str]:
    """`tags` under the names the container uses; what it has no place for is left out. `initialkey` means key."""
    names = {name: name for name in _SHARED} | _OWN[kind]
    plain = {("key" if name == "initialkey" else name): str(value) for name, value in tags.items()}
    if kind in _ANY_NAME:
        names |= {name: name for name in plain if name not in NAMES}
    return {names[name]: value for name, value in plain.items() if name in names and value}


def plain_tags(found: Mapping[str, str]) -> dict[str, str]:
    """Tags read from any container, in the plain vocabulary; everything else is dropped."""
    named = _plainly_named(found)
    return {name: named[name] for name in NAMES if name in named}


def carried_tags(found: Mapping[str, str]) -> dict[str, str]:
    """Tags read from any container that are still true of a new version of the recording.

    Also those outside the plain vocabulary, but not what speaks about the file (its encoder, its padding) or about
    the level of the sound as it was.
    """
    named = _plainly_named(found)
    return {name: text for name, text in named.items() if name not in _ABOUT_THE_FILE and not name.startswith(_LEVELS)}


def _plainly_named(found: Mapping[str, str]) -> dict[str, str]:
    back = {own.lower(): name for table in _OWN.values() for name, own in table.items()}
    return {back.get(name.lower(), name.lower()): value for name, value in found.items()}
