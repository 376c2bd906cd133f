"""Tags: one plain vocabulary (title, artist, album, genre, date, comment, bpm, key) and each container's own names."""

import struct
from base64 import b64encode
from collections.abc import Mapping

Tags = Mapping[str, str]

_SHARED = ("title", "artist", "album", "genre", "date", "comment")
_OWN = {
    "flac": {"bpm": "BPM", "key": "INITIALKEY"},
    "ogg": {"bpm": "BPM", "key": "INITIALKEY"},
    "opus": {"bpm": "BPM", "key": "INITIALKEY"},
    "mp3": {"bpm": "TBPM", "key": "TKEY"},
    "m4a": {"bpm": "tmpo"},
    "wav": {},
}
_FRONT_COVER = 3


def container_tags(kind: str, tags: Tags) -> dict[str, str]:
    """`tags` under the names the container uses; what it has no place for is left out. `initialkey` means key."""
    names = {name: name for name in _SHARED} | _OWN[kind]
    plain = {("key" if name == "initialkey" else name): str(value) for name, value in tags.items()}
    return {names[name]: value for name, value in plain.items() if name in names and value}


def plain_tags(found: Mapping[str, str]) -> dict[str, str]:
    """Tags read from any container, in the plain vocabulary; everything else is dropped."""
    back = {own.lower(): name for table in _OWN.values() for name, own in table.items()}
    named = {back.get(name.lower(), name.lower()): value for name, value in found.items()}
    return {name: named[name] for name in (*_SHARED, "bpm", "key") if name in named}


def png_size(png: bytes) -> tuple[int, int]:
    """Width and height of a PNG; raises ValueError for anything else."""
    if png[:8] != b"\x89PNG\r\n\x1a\n" or len(png) < 24:
        raise ValueError("the cover is not a PNG picture")
    width, height = struct.unpack(">II", png[16:24])
    return width, height


def picture_block(png: bytes) -> str:
    """The cover as a METADATA_BLOCK_PICTURE comment: the FLAC picture block in base64, as Ogg files carry it."""
    mime = b"image/png"
    width, height = png_size(png)
    head = struct.pack(">II", _FRONT_COVER, len(mime)) + mime + struct.pack(">I", 0)
    return b64encode(head + struct.pack(">IIIII", width, height, 24, 0, len(png)) + png).decode()
