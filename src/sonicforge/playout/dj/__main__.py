"""`python -m sonicforge.playout.dj`: one joint of two items, for a tower that keeps filters and kernels out of itself.

Reads one JSON object from standard input (`out`, `into`, `earliest_s`). For each joint, each better than the last, it
writes a line of JSON and then the samples as float32, first the left channel, then the right one.
"""

import json
import os
import sys
from typing import Final

from sonicforge.errors import SonicForgeError
from sonicforge.playout.item import Item
from sonicforge.playout.joining import joints

NICE: Final = 5


def main() -> int:
    """Exit code 2 with the reason as the last line where a file cannot be read."""
    asked = json.loads(sys.stdin.buffer.readline())
    os.nice(NICE)
    told = sys.stdout.buffer
    try:
        for joint in joints(Item.from_json(asked["out"]), Item.from_json(asked["into"]), asked["earliest_s"]):
            facts = {
                "length": joint.samples.shape[1],
                "leaves_out_at_s": joint.leaves_out_at_s,
                "enters_in_at_s": joint.enters_in_at_s,
                "transition": joint.transition,
            }
            told.write(json.dumps(facts).encode() + b"\n")
            told.write(joint.samples.astype("<f4", order="C").tobytes())
            told.flush()
    except SonicForgeError as error:
        told.write(json.dumps({"fault": str(error)}).encode() + b"\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
