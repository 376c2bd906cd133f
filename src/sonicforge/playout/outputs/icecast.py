"""Icecast source client: one mount, in MP3, Opus, AAC or FLAC, with titles."""

from sonicforge.errors import BadInput, UnknownName
from sonicforge.playout.block import Block
from sonicforge.playout.item import Item
from sonicforge.playout.outputs.announcer import Announcer
from sonicforge.playout.outputs.consumer import Consumer
from sonicforge.playout.outputs.encoder import CODINGS, Encoder, checked_coding, encoder
from sonicforge.playout.outputs.icecast_source import IcecastSource, Mount, tell_title
from sonicforge.playout.outputs.titles import announced, one_line
from sonicforge.playout.probe import Probe

FORMATS = {"mp3": "mp3", "aac": "aac", "opus": "opus", "flac": "oggflac"}
"""Formats and how they are coded for Icecast, which knows FLAC only in Ogg."""

_BY_ENDING = {"opus": "opus", "ogg": "opus", "aac": "aac", "flac": "flac"}
_PAGED = ("opus", "oggflac")


class IcecastOutput(Consumer):
    """Feeds the mount of `url` (`icecast://source:password@host:8000/mount`, `icecasts` for TLS).

    `format` is mp3, opus, aac or flac; the mount's ending decides when it is empty. `bitrate` in bit/s. MP3 and AAC
    titles go through the server's admin address; in Ogg each track is a stream of its own with its comments.
    """

    kind = "icecast"

    def __init__(
        self,
        name: str,
        url: str,
        *,
        title: str = "SonicForge",
        format: str = "",  # noqa: A002 - the word musicians use
        bitrate: int = 0,
        genre: str = "",
        description: str = "",
        public: bool = False,
    ) -> None:
        super().__init__(name)
        for told in (title, genre, description):
            if not isinstance(told, str):
                raise BadInput(f"an Icecast title, genre or description is text, met {told!r:.40}")
        self._mount = Mount.from_url(url)
        wanted = format or _BY_ENDING.get(self._mount.path.rpartition(".")[2], "mp3")
        if wanted not in FORMATS:
            raise UnknownName("Icecast format", wanted, FORMATS)
        self._coding = FORMATS[wanted]
        plan, self._bitrate = checked_coding(self._coding, bitrate)
        self._mime = plan.mime
        self._title = title
        self._about = {"Ice-Name": title, "Ice-Public": str(int(public))}
        self._about |= {"Ice-Genre": genre} if genre else {}
        self._about |= {"Ice-Description": description} if description else {}
        self._about |= {"Ice-Bitrate": str(self._bitrate // 1000)} if self._bitrate else {}
        self._item: Item | None = None
        self._source: IcecastSource | None = None

    def _session(self) -> None:
        self._standing.become("connecting", f"{self._mount.authority}{self._mount.path}")
        self._source = source = IcecastSource(self._mount, self._mime, self._about)
        announcer = Announcer(lambda title: tell_title(self._mount, title))
        before = self._standing.read().bytes_taken
        try:
            self._standing.become("on", f"{self._mount.authority}{self._mount.path}")
            self._standing.set(bitrate=self._bitrate)
            self._inbox.clear()
            self._item = self._newest[0].item if self._newest else None
            self._feed(source, announcer, before)
        finally:
            announcer.close()
            source.close()

    def _interrupt(self) -> None:
        if self._source is not None:
            self._source.close()

    def _feed(self, source: IcecastSource, announcer: Announcer, before: int) -> None:
        coder = self._new_coder()
        source.send(coder.head)
        probe = Probe(CODINGS[self._coding].container, header=coder.head)
        self._announce(announcer)
        for block in self._blocks():
            if block is None:
                source.send(b"")
                continue
            if self._turned(block):
                self._announce(announcer)
                if self._coding in _PAGED:
                    rest, coder = coder.finish(), self._new_coder()
                    source.send(rest + coder.head)
                    probe = Probe(CODINGS[self._coding].container, header=coder.head)
            data = coder.encode(block.samples)
            source.send(data)
            probe.feed(data)
            self._heard(probe.read())
            self._standing.took(before + source.taken)

    def _turned(self, block: Block) -> bool:
        """Whether another piece begins in this block."""
        items = [mark.item for mark in block.marks if mark.kind != "bridge"]
        if not items or items[-1] == self._item:
            return False
        self._item = items[-1]
        return True

    def _announce(self, announcer: Announcer) -> None:
        if self._item is not None and self._coding not in _PAGED:
            announcer.announce(announced(self._item))

    def _new_coder(self) -> Encoder:
        item = self._item
        told = {"title": self._title} if item is None else {"title": item.title, "artist": item.artist}
        comments = {name: one_line(text) for name, text in told.items() if text}
        return encoder(self._coding, bitrate=self._bitrate, comments=comments)
