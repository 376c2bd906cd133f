"""Chance by name: every random choice draws from a generator made from (seed, room, part, purpose).

Adding a part does not change another part's music, and the same seed gives the same choices on
every machine: names are hashed with BLAKE2b, not with Python's salted `hash`.
"""

import hashlib
import random

import numpy as np


def subseed(seed: int, *names: object) -> int:
    """A 64-bit seed for the purpose called `names`, independent of every other purpose."""
    text = "\x1f".join([str(seed), *map(str, names)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def choices(seed: int, *names: object) -> random.Random:
    """A generator for single choices (composition); fast for scalars."""
    return random.Random(subseed(seed, *names))


def noise(seed: int, *names: object) -> np.random.Generator:
    """A generator for arrays (synthesis)."""
    return np.random.Generator(np.random.PCG64(subseed(seed, *names)))
