"""Cover pictures as sound files carry them: PNG or JPEG."""

import struct
from base64 import b64encode
from io import BytesIO
from warnings import catch_warnings, simplefilter

_MIME = {"PNG": "image/png", "JPEG": "image/jpeg"}
_FRONT_COVER = 3


def usable_cover(picture: bytes) -> bytes | None:
    """The picture if it is PNG or JPEG, as PNG if it is another kind, None if it is not a picture at all."""
    from PIL import Image

    with catch_warnings():
        simplefilter("ignore")
        try:
            with Image.open(BytesIO(picture)) as image:
                if image.format in _MIME:
                    return picture
                file = BytesIO()
                image.convert("RGB").save(file, "PNG")
                return file.getvalue()
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            return None


def picture_block(picture: bytes) -> str:
    """The cover as a METADATA_BLOCK_PICTURE comment: the FLAC picture block in base64, as Ogg files carry it.

    Raises ValueError for anything but PNG and JPEG.
    """
    from PIL import Image

    try:
        with Image.open(BytesIO(picture)) as image:
            mime, (width, height) = _MIME[image.format or ""].encode(), image.size
    except (OSError, KeyError):
        raise ValueError("the cover is not a PNG or JPEG picture") from None
    head = struct.pack(">II", _FRONT_COVER, len(mime)) + mime + struct.pack(">I", 0)
    return b64encode(head + struct.pack(">IIIII", width, height, 24, 0, len(picture)) + picture).decode()
