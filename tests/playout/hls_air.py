"""A station that airs HLS in real time until it is killed: `python hls_air.py FOLDER EPOCH`."""

import sys
import time
from pathlib import Path

from hls_station import item, programme

from sonicforge.playout.block import BLOCK, RATE, Block, Mark
from sonicforge.playout.outputs.hls.output import HlsOutput

if __name__ == "__main__":
    folder, epoch = Path(sys.argv[1]), float(sys.argv[2])
    output = HlsOutput("hls", folder, renditions=("aac64", "flac"))
    output.start()
    position = int((time.time() - epoch) * RATE) // BLOCK * BLOCK
    first = True
    while True:
        utc = epoch + position / RATE
        time.sleep(max(0.0, utc + BLOCK / RATE - time.time()))
        marks = (Mark(0, "track", item()),) if first else ()
        output.send(Block(position, utc, programme(position), marks, first))
        position, first = position + BLOCK, False
