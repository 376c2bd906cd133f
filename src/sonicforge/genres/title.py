"""Titles: two or three words that could stand on a record sleeve, by mood, genre and seed."""

import random
from collections.abc import Sequence

from sonicforge.genres.genre import Genre

MOOD_WORDS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "calm": (("Still", "Gentle", "Slow", "Quiet", "Resting"), ("Water", "Harbour", "Breath", "Meadow", "Hours")),
    "dark": (("Black", "Hollow", "Buried", "Iron", "Lightless"), ("Signal", "Tunnel", "Vault", "Tide", "Engine")),
    "euphoric": (("Golden", "Rising", "Endless", "Shining", "Higher"), ("Horizon", "Skies", "Sunrise", "Arms", "Light")),
    "melancholic": (("Fading", "Last", "Missing", "Grey", "Unsent"), ("Letters", "Goodbye", "Windows", "Autumn", "Rooms")),
    "dreamy": (("Floating", "Velvet", "Half-Asleep", "Pale", "Drifting"), ("Clouds", "Mirage", "Lanterns", "Dream", "Orbit")),
    "rainy": (("Wet", "Silver", "Umbrella", "Grey", "Puddle"), ("Pavement", "Rain", "Windowpane", "Awning", "Street")),
    "energetic": (("Full", "Running", "Electric", "Wild", "Live"), ("Throttle", "Current", "Pulse", "Sprint", "Voltage")),
    "focused": (("Clear", "Single", "Steady", "Deep", "Even"), ("Desk", "Line", "Margin", "Attention", "Pages")),
    "sleepy": (("Half", "Drowsy", "Blanket", "Soft", "Low"), ("Pillow", "Lullaby", "Moon", "Nightlight", "Slumber")),
    "hopeful": (("First", "New", "Open", "Budding", "Brighter"), ("Morning", "Leaves", "Doors", "Steps", "Spring")),
    "nostalgic": (("Old", "Faded", "Rewound", "Childhood", "Analog"), ("Photograph", "Cassette", "Summers", "Postcard", "Attic")),
    "romantic": (("Rose", "Candle", "Tender", "Crimson", "Two"), ("Letters", "Hearts", "Balcony", "Perfume", "Waltz")),
    "aggressive": (("Broken", "Raw", "Venom", "Shattered", "Steel"), ("Teeth", "Circuit", "Impact", "Fist", "Riot")),
    "hypnotic": (("Circling", "Turning", "Endless", "Spiral", "Looped"), ("Mirror", "Orbit", "Pattern", "Pendulum", "Halo")),
    "epic": (("Last", "Titan", "Towering", "Mighty", "Eternal"), ("Kingdom", "Summit", "Voyage", "Monument", "Ocean")),
    "playful": (("Paper", "Jumping", "Pocket", "Candy", "Wobbly"), ("Robots", "Balloons", "Marbles", "Kites", "Sneakers")),
    "tense": (("Thin", "Wired", "Narrow", "Held", "Cold"), ("Ice", "Corridor", "Breath", "Thread", "Alarm")),
    "sunny": (("Golden", "Mango", "Barefoot", "Bright", "Salted"), ("Terrace", "Shoreline", "Lemonade", "Noon", "Palms")),
    "nocturnal": (("Midnight", "Neon", "Late", "Empty", "After"), ("Avenue", "Taxi", "Platform", "Skyline", "Hours")),
    "intimate": (("Close", "Small", "Whispered", "Bare", "Near"), ("Room", "Hands", "Candle", "Words", "Skin")),
    "spacious": (("Distant", "Weightless", "Open", "Infinite", "Northern"), ("Field", "Orbit", "Plains", "Sky", "Aurora")),
    "warm": (("Amber", "Woollen", "Honey", "Copper", "Slow"), ("Fireplace", "Kitchen", "Evening", "Embers", "Tea")),
    "cold": (("Frozen", "Glass", "White", "Arctic", "Blue"), ("Lake", "Station", "Crystal", "Breath", "Steel")),
    "heroic": (("Brave", "Shining", "Flying", "Unbroken", "Final"), ("Banner", "Quest", "Comet", "Sword", "Victory")),
    "groovy": (("Velvet", "Loose", "Sly", "Rubber", "Sugar"), ("Shuffle", "Hips", "Corner", "Strut", "Pocket")),
    "mysterious": (("Hidden", "Veiled", "Secret", "Strange", "Lost"), ("Garden", "Key", "Library", "Fog", "Oracle")),
}
"""First words and last words for each mood."""

GENRE_WORDS: dict[str, tuple[str, ...]] = {
    "lofi_hiphop": ("Notebook", "Rooftop", "Ramen", "Polaroid", "Bedroom", "Library", "Bus Stop", "Tape"),
    "house_deep": ("Basement", "Terrace", "Vinyl", "Lagoon", "Parlour", "Undertow"),
    "house_progressive": ("Horizon", "Passage", "Skyway", "Meridian", "Solstice", "Vista"),
    "techno_melodic": ("Monolith", "Eclipse", "Cathedral", "Oracle", "Obsidian", "Parallax"),
    "techno_peak": ("Warehouse", "Turbine", "Concrete", "Furnace", "Pressure", "Machine"),
    "trance_uplifting": ("Stratosphere", "Sunrise", "Angel", "Aurora", "Zenith", "Paradise"),
    "drum_and_bass": ("Momentum", "Cascade", "Overpass", "Slipstream", "Skyline", "Current"),
    "drum_and_bass_neuro": ("Reactor", "Synapse", "Exoskeleton", "Malware", "Vector", "Mutation"),
    "dubstep": ("Fault Line", "Subterrane", "Gravity", "Pressure", "Colossus", "Tremor"),
    "synthwave": ("Highway", "Arcade", "Chrome", "Coast", "Testarossa", "Laser"),
    "ambient": ("Tide", "Glacier", "Lichen", "Nebula", "Estuary", "Atmosphere"),
    "downtempo": ("Hammock", "Lagoon", "Driftwood", "Island", "Caravan", "Cove"),
    "future_garage": ("Night Bus", "Underpass", "Streetlight", "Estate", "Car Park", "Overground"),
    "jazz_lounge": ("Martini", "Lounge", "Blue Room", "Club", "Saxon Street", "Nightcap"),
    "cinematic": ("Elegy", "Overture", "Lighthouse", "Farewell", "Prelude", "Journey"),
    "chiptune": ("Pixel", "Dungeon", "Power-Up", "Castle", "Cartridge", "Boss"),
}
ANY_WORDS = ("Echo", "Paper", "River", "Signal", "Garden", "Mirror", "Station", "Lantern", "Shadow", "Window", "Harbour")
TIMES = ("at Dawn", "at Dusk", "at Night", "in June", "in November", "by the Sea", "in the Snow", "after Rain", "Before Sleep")


def title(genre: Genre, moods: Sequence[str], rng: random.Random) -> str:
    """A title for moods (names of the mood table); without moods the genre's own colour decides."""
    names = [mood for mood in moods if mood in MOOD_WORDS] or [rng.choice(tuple(MOOD_WORDS))]
    first_words, last_words = MOOD_WORDS[rng.choice(names)]
    place = rng.choice(GENRE_WORDS.get(genre.name, ANY_WORDS))
    shape = rng.random()
    if shape < 0.40:
        words = [rng.choice(first_words), rng.choice(last_words)]
    elif shape < 0.65:
        words = [rng.choice(first_words), place]
    elif shape < 0.85:
        words = [place, rng.choice(last_words)]
    else:
        words = [rng.choice(last_words), rng.choice(TIMES)]
    return " ".join(words) if words[0] != words[1] else f"{words[0]} {rng.choice(TIMES)}"
