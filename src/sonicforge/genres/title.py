"""Titles: two or three words that could stand on a record sleeve, by mood, genre and seed."""

import random
from collections.abc import Sequence

from sonicforge.genres.genre import Genre

MOOD_WORDS: dict[str, tuple[str, str]] = {
    "calm": (
        "Still Gentle Slow Quiet Resting Easy Level Smooth",
        "Water Harbour Breath Meadow Hours Shade Garden Reeds",
    ),
    "dark": (
        "Black Hollow Buried Iron Lightless Burnt Sunken Heavy",
        "Signal Tunnel Vault Tide Engine Cellar Altar Ash",
    ),
    "euphoric": (
        "Golden Rising Endless Shining Higher Radiant Lifted Bright",
        "Horizon Skies Sunrise Arms Light Summit Glow Wings",
    ),
    "melancholic": (
        "Fading Last Missing Grey Unsent Half-Lit Quiet Leaving",
        "Letters Goodbye Windows Autumn Rooms Snow Trains Names",
    ),
    "dreamy": (
        "Floating Velvet Half-Asleep Pale Drifting Silver Soft Sleepwalking",
        "Clouds Mirage Lanterns Dream Orbit Feathers Moons Haze",
    ),
    "rainy": (
        "Wet Silver Umbrella Grey Puddle Dripping Slate Thursday",
        "Pavement Rain Windowpane Awning Street Gutters Drizzle Glass",
    ),
    "energetic": (
        "Full Running Electric Wild Live Restless Red Burning",
        "Throttle Current Pulse Sprint Voltage Engine Spark Rush",
    ),
    "focused": (
        "Clear Single Steady Deep Even Long Plain Straight",
        "Desk Line Margin Attention Pages Lamp Draft Column",
    ),
    "sleepy": (
        "Drowsy Soft Low Dim Closing Woollen Cotton Hushed",
        "Pillow Lullaby Moon Nightlight Slumber Blanket Curtain Yawn",
    ),
    "hopeful": (
        "First New Open Budding Brighter Early Green Returning",
        "Morning Leaves Doors Steps Spring Roads Kites Letters",
    ),
    "nostalgic": (
        "Old Faded Rewound Childhood Analog Borrowed Sepia Dusty",
        "Photograph Cassette Summers Postcard Attic Hometown Reel Garden",
    ),
    "romantic": (
        "Rose Candle Tender Crimson Slow Scarlet Close Honest",
        "Letters Hearts Balcony Perfume Waltz Whisper Evening Silk",
    ),
    "aggressive": (
        "Broken Raw Venom Shattered Steel Savage Rusted Loud",
        "Teeth Circuit Impact Fist Riot Claws Static Hammer",
    ),
    "hypnotic": (
        "Circling Turning Endless Spiral Looped Swaying Deep Mirrored",
        "Mirror Orbit Pattern Pendulum Halo Wheel Ritual Cycle",
    ),
    "epic": (
        "Last Titan Towering Mighty Eternal Ancient Rising Great",
        "Kingdom Summit Voyage Monument Ocean Giants Gates Legend",
    ),
    "playful": (
        "Paper Jumping Pocket Candy Wobbly Bouncing Tiny Spring",
        "Robots Balloons Marbles Kites Sneakers Penguins Puzzle Socks",
    ),
    "tense": (
        "Thin Wired Narrow Held Cold Locked Sharp Waiting",
        "Ice Corridor Breath Thread Alarm Wire Footsteps Ledge",
    ),
    "sunny": (
        "Golden Mango Barefoot Bright Salted Lazy Yellow Warm",
        "Terrace Shoreline Lemonade Noon Palms Sandals Veranda Coast",
    ),
    "nocturnal": (
        "Midnight Neon Late Empty Sleepless Violet After Blue",
        "Avenue Taxi Platform Skyline Hours Arcade Bridge Windows",
    ),
    "intimate": (
        "Close Small Whispered Bare Near Quiet Hand-Written Unspoken",
        "Room Hands Candle Words Skin Corner Breath Letters",
    ),
    "spacious": (
        "Distant Weightless Open Infinite Northern Wide Hollow Far",
        "Field Orbit Plains Sky Aurora Valley Canyon Drift",
    ),
    "warm": (
        "Amber Woollen Honey Copper Slow Cinnamon Mellow Golden",
        "Fireplace Kitchen Evening Embers Tea Sweater Hearth Cedar",
    ),
    "cold": (
        "Frozen Glass White Arctic Blue Silent Pale Crystal",
        "Lake Station Frost Breath Steel Signal Winter Mirror",
    ),
    "heroic": (
        "Brave Shining Flying Unbroken Final Bold Silver Rising",
        "Banner Quest Comet Sword Victory Crown Thunder Return",
    ),
    "groovy": (
        "Velvet Loose Sly Rubber Sugar Funky Easy Slick",
        "Shuffle Hips Corner Strut Pocket Bounce Groove Sidewalk",
    ),
    "mysterious": (
        "Hidden Veiled Secret Strange Lost Locked Nameless Curious",
        "Garden Key Library Fog Oracle Door Island Cipher",
    ),
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
ANY_WORDS = ("Echo", "Paper", "River", "Signal", "Garden", "Mirror", "Station", "Lantern", "Shadow", "Window")
TIMES = ("at Dawn", "at Dusk", "at Night", "in June", "in November", "by the Sea", "in the Snow", "after Rain")


def title(genre: Genre, moods: Sequence[str], rng: random.Random) -> str:
    """A title for moods (names of the mood table); without moods the genre's own colour decides."""
    names = [mood for mood in moods if mood in MOOD_WORDS] or [rng.choice(tuple(MOOD_WORDS))]
    first_words, last_words = (text.split() for text in MOOD_WORDS[rng.choice(names)])
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
