"""A process that makes HLS until it is killed: `python hls_victim.py FOLDER POSITION BLOCKS RENDITION...`."""

import sys
from pathlib import Path

from hls_station import packager, play

if __name__ == "__main__":
    folder, position, blocks, *names = sys.argv[1:]
    station = packager(Path(folder), *names, window_s=60.0)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    play(station, int(position), int(blocks), track_every=70)
