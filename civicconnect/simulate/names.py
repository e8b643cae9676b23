"""What streets and squares are called: invented names, each used once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from shapely import LineString, Point
from shapely.ops import substring

from civicconnect.simulate import plan
from civicconnect.simulate.blocks import SQUARE_WORDS, Park
from civicconnect.simulate.curves import Place
from civicconnect.simulate.roads import Street

LONGEST_METRES = 1150.0

STEMS = [
    "Alder", "Aldwin", "Amberly", "Anchor", "Anise", "Apple", "Arkwell", "Ashcombe", "Auk",
    "Avocet", "Barley", "Barnacle", "Barrel", "Basket", "Bayberry", "Bellweather", "Bilberry",
    "Bittern", "Blackthorn", "Bluebell", "Boatwright", "Bobbin", "Bollard", "Bowsprit",
    "Bracken", "Bramble", "Brambling", "Brewer", "Brindle", "Brine", "Broom", "Buckler",
    "Bunting", "Burdock", "Burnet", "Buttercup", "Calloway", "Campion", "Candle", "Capstan",
    "Caraway", "Cask", "Catkin", "Chaffinch", "Chandler", "Cherry", "Chestnut", "Chicory",
    "Clay", "Clover", "Cobbler", "Cockle", "Coltsfoot", "Comfrey", "Compass", "Copper",
    "Corbel", "Cormorant", "Cornflower", "Cowslip", "Crabapple", "Crane", "Cricket",
    "Crossbill", "Cuckoo", "Currant", "Cutler", "Dabchick", "Damson", "Darnel", "Dewberry",
    "Dingle", "Dipper", "Dogwood", "Dory", "Dotterel", "Dovecote", "Dunlin", "Dunnock",
    "Eelpot", "Eider", "Elder", "Ember", "Fallow", "Farrier", "Fennel", "Fern", "Fiddler",
    "Finch", "Flagstaff", "Flaxen", "Fletcher", "Flint", "Flounder", "Foxglove", "Fulmar",
    "Furrow", "Furze", "Gable", "Garland", "Garnet", "Gimbal", "Glover", "Godwit", "Goldcrest",
    "Gooseberry", "Gorse", "Grebe", "Greenfinch", "Grindle", "Guillemot", "Gurnard", "Haddock",
    "Halyard", "Harebell", "Harness", "Harrier", "Hartley", "Haven", "Hawser", "Hawthorn",
    "Hazel", "Heather", "Hemlock", "Hemp", "Heron", "Hobby", "Holly", "Hollin", "Honeybee",
    "Hornbeam", "Horseshoe", "Hyssop", "Ivy", "Jackdaw", "Jasmine", "Jessamy", "Jetty",
    "Juniper", "Keel", "Kelp", "Kettle", "Kiln", "Kingfisher", "Kite", "Kittiwake", "Knot",
    "Ladle", "Lantern", "Lapwing", "Larch", "Lavender", "Ledger", "Leeward", "Lichen", "Lilac",
    "Limekiln", "Limpet", "Linden", "Linnet", "Lobster", "Lodestar", "Lovage", "Lugger",
    "Mackerel", "Madder", "Mallow", "Maltster", "Maple", "Marigold", "Marjoram", "Marlin",
    "Marram", "Marten", "Mason", "Meadowsweet", "Medlar", "Merlin", "Mill", "Millrace",
    "Minnow", "Moorhen", "Mulberry", "Mullein", "Mussel", "Myrtle", "Needle", "Nettle",
    "Nightjar", "Nuthatch", "Oakham", "Oarsman", "Osier", "Osprey", "Otter", "Ouzel", "Oxeye",
    "Oyster", "Parsley", "Partridge", "Pebble", "Penny", "Periwinkle", "Pewter", "Pilot",
    "Pimpernel", "Pintail", "Pipit", "Plover", "Plumtree", "Pollard", "Poplar", "Poppy",
    "Pottery", "Primrose", "Quail", "Quince", "Ragstone", "Rampion", "Raven", "Redstart",
    "Redwing", "Reedmace", "Rigger", "Ripple", "Robin", "Rook", "Rosehip", "Rowan", "Rudder",
    "Rush", "Saddler", "Saffron", "Sage", "Samphire", "Sanderling", "Sandpiper", "Sawyer",
    "Scallop", "Schooner", "Scrivener", "Seagrass", "Sedge", "Sexton", "Shale", "Shearwater",
    "Sheldrake", "Shrimper", "Siskin", "Skein", "Skylark", "Slate", "Smelter", "Snipe",
    "Snowdrop", "Sorrel", "Spar", "Sparrow", "Speedwell", "Spindle", "Spinnaker", "Sprat",
    "Squill", "Starling", "Stonechat", "Sundial", "Swallow", "Swift", "Tallow", "Tamarisk",
    "Tanner", "Tansy", "Tarragon", "Teal", "Teasel", "Tern", "Thatcher", "Thimble", "Thistle",
    "Thrift", "Thrush", "Thyme", "Tiller", "Tollgate", "Turner", "Turnstone", "Turret", "Umber",
    "Valerian", "Verbena", "Vetch", "Violet", "Wagtail", "Walnut", "Warbler", "Waxwing",
    "Weaver", "Wheatear", "Wheelwright", "Whelk", "Whimbrel", "Whinchat", "Whistler",
    "Whitethroat", "Widgeon", "Windlass", "Woodcock", "Woodruff", "Wren", "Yarrow",
    "Yellowhammer", "Yew",
]  # fmt: skip

# Names as people really write them: whatever breaks on these breaks on someone's home.
CURIOUS = {
    "path": ["O'Hara Steps", "Zoë’s Steps", "Señorita Steps", "Saint-Aubin Steps", "Tŷ Mawr Steps"],
    "old": ["Côte Lane", "Rope & Anchor Yard", "Łódka Row", "İnci Lane", "Ærø Lane",
            "Street of the Three Lanterns", "Façade Row", "Jack-o’-the-Quay Alley"],
    "grid": ["Nuñez Street", "São Brás Street", "Großhaven Street", "1st Battery Street",
             "Al-Manāra Street", "D'Arcy-Lowe Street"],
    "hill": ["Čížek Rise", "Göran Hill", "Þóra Rise"],
    "edge": ["Pont-l'Évêché Road", "Mac Ruairí Drive", "Élan Vital Way"],
}  # fmt: skip

WORDS = {
    "path": ("Steps", "Passage", "Steps", "Walk", "Cut"),
    "old": ("Lane", "Street", "Row", "Lane", "Alley", "Yard", "Street", "Wynd"),
    "grid": ("Street", "Street", "Avenue", "Street", "Place"),
    "hill": ("Rise", "Hill", "Road", "Crescent", "Drive", "Bank"),
    "edge": ("Road", "Drive", "Way", "Road", "Gardens", "Avenue", "Lane"),
    "close": ("Close", "Court", "Close", "Mews"),
}


def christen(rng: np.random.Generator, streets: Sequence[Street]) -> list[Street]:
    """Return the streets, each with its own name; very long ones have become two."""
    crossings = Counter(place for street in streets for place in set(_places(street.line)))
    names = _Names(rng)
    named: dict[str, Street] = {}
    for street in streets:
        for piece in [street] if street.name else _cut(street, crossings):
            name = piece.name or names.next(_quarter(piece, crossings))
            before = named.get(name)
            line = before.line.union(piece.line) if before else piece.line
            named[name] = Street(line, piece.kind, name)
    return list(named.values())


def christen_parks(rng: np.random.Generator, parks: Sequence[Park]) -> list[Park]:
    """Return the parks, each with its own name."""
    stems = iter(rng.permutation(np.asarray(STEMS)).tolist())
    words = rng.permutation(np.arange(len(parks)) % len(SQUARE_WORDS)).tolist()
    return [
        park if park.name else park._replace(name=f"{next(stems)} {SQUARE_WORDS[word]}")
        for park, word in zip(parks, words, strict=True)
    ]


def _places(line: LineString) -> list[Place]:
    return [(x, y) for x, y, *_ in line.coords]


class _Names:
    """Names drawn without repeating: first every stem once, then again with other words."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._stems = self._endless()
        self._curious = {quarter: list(names) for quarter, names in CURIOUS.items()}
        self._used = {road.name for road in (*plan.ROADS, *plan.SHORE_ROADS, *plan.PIERS)}

    def _endless(self) -> Iterator[str]:
        while True:
            yield from self._rng.permutation(np.asarray(STEMS)).tolist()

    def next(self, quarter: str) -> str:
        waiting = self._curious.get(quarter)
        if waiting and self._rng.random() < 0.3:
            return waiting.pop(0)
        while True:
            words = WORDS[quarter]
            name = f"{next(self._stems)} {words[int(self._rng.integers(len(words)))]}"
            if name not in self._used:
                self._used.add(name)
                return name


def _quarter(street: Street, crossings: Counter[Place]) -> str:
    """Return which habit of naming a street follows."""
    if street.kind == "path":
        return "path"
    middle = street.line.interpolate(0.5, normalized=True)
    if middle.distance(Point(plan.HEART)) < 560:
        return "old"
    places = _places(street.line)
    if min(crossings[places[0]], crossings[places[-1]]) == 1 and street.line.length < 260:
        return "close"
    if abs(middle.x - 1150) < 820 and abs(middle.y + 130) < 700:
        return "grid"
    on_hill = any(middle.distance(Point(top)) < reach for top, _, reach in plan.HILLS)
    return "hill" if on_hill else "edge"


def _cut(street: Street, crossings: Counter[Place]) -> list[Street]:
    """Return a street, or its two halves where it is too long for one name."""
    line = street.line
    if line.length <= LONGEST_METRES:
        return [street]
    spots = [line.project(Point(place)) for place in _places(line)[1:-1] if crossings[place] > 1]
    if not spots:
        return [street]
    middle = min(spots, key=lambda spot: abs(spot - line.length / 2))
    return [
        street._replace(line=substring(line, 0, middle)),
        street._replace(line=substring(line, middle, line.length)),
    ]
