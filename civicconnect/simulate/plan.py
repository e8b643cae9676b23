"""The town as first pencilled: what someone decided, before chance fills in the rest.

Places are (metres east, metres north) on the drawing board. The town is invented; it stands on an
island where the real chart shows open ocean.
"""

from __future__ import annotations

from typing import NamedTuple

from civicconnect.simulate.curves import Place

# What lies here on the board lies on the chart where city.toml has the city's centre.
MIDDLE: Place = (-250, -300)

# East, north, and how far the sea has gnawed at the coast there, in metres.
COAST: tuple[tuple[float, float, float], ...] = (
    (-3080, 230, 70), (-2960, -120, 60), (-2780, -420, 50), (-2820, -760, 60), (-2640, -1130, 50),
    (-2400, -1400, 40), (-2350, -1680, 60), (-2160, -2030, 90), (-1800, -2280, 90),
    (-1460, -2170, 80), (-1330, -1900, 50), (-1170, -1680, 25), (-1130, -1390, 14),
    (-900, -1060, 8), (-640, -860, 4), (-330, -740, 3),
    (-90, -660, 2), (120, -640, 2), (330, -720, 3), (650, -850, 3),
    (1000, -960, 4), (1350, -1080, 8), (1650, -1290, 15), (1760, -1560, 20),
    (1560, -1870, 25), (1180, -2120, 25), (960, -2200, 20), (930, -2290, 15),
    (1120, -2310, 20), (1560, -2140, 30), (1960, -1880, 40), (2300, -1600, 50),
    (2440, -1250, 60), (2760, -980, 70), (2860, -600, 70), (2740, -260, 60), (2900, 80, 60),
    (3110, 330, 80), (2960, 640, 80), (2620, 900, 80), (2640, 1230, 90),
    (2330, 1480, 100), (2120, 1850, 110), (1660, 2010, 90), (1330, 2300, 110),
    (900, 2380, 100), (500, 2240, 80), (200, 2420, 110), (-150, 2480, 110), (-420, 2180, 80),
    (-760, 2190, 70), (-980, 2430, 110), (-1500, 2330, 120), (-1900, 1980, 110),
    (-2350, 1860, 110), (-2480, 1430, 100), (-2880, 1150, 100), (-2800, 780, 80),
    (-2640, 520, 60),
)  # fmt: skip

# East, north, and half the width of the water there, in metres; from the lake to the sea.
RIVER: tuple[tuple[float, float, float], ...] = (
    (640, 1780, 11), (600, 1560, 12), (430, 1330, 14), (480, 1080, 16), (640, 860, 19),
    (560, 620, 22), (300, 450, 26), (100, 260, 31), (40, 20, 37), (75, -230, 42),
    (55, -450, 50), (15, -620, 66), (10, -760, 90),
)  # fmt: skip

LAKE: tuple[Place, ...] = (
    (560, 1790), (700, 1740), (880, 1800), (960, 1920), (900, 2040), (720, 2060),
    (600, 1980), (520, 1890),
)  # fmt: skip

ISLET: tuple[tuple[float, float, float], ...] = (
    (20, -1420, 15), (130, -1270, 8), (330, -1230, 5), (520, -1310, 12), (610, -1470, 25),
    (520, -1640, 30), (300, -1700, 30), (110, -1610, 25),
)  # fmt: skip

STACKS: tuple[tuple[float, float, float], ...] = (
    (-2620, -1900, 45), (-2530, -2040, 30), (-1180, -2330, 32), (2960, 1250, 55),
    (3080, 1080, 28), (-3080, 980, 40), (-120, 2590, 48), (-3180, -330, 30),
)  # fmt: skip


# Ground won from the bay, and the dock that ships were to use: the corners are ruled, as engineers do.
MADE_GROUND: tuple[Place, ...] = ((900, -850), (1540, -1050), (1422, -1415), (782, -1210))
DOCK: tuple[Place, ...] = ((1041, -1324), (1108, -1114), (1212, -1148), (1145, -1358))


class Pier(NamedTuple):
    """A walk over the water: its middle line from the shore out, and its width in metres."""

    name: str
    line: tuple[Place, ...]
    width: float


PIERS = (
    Pier("Long Mole", ((-880, -1000), (-760, -1180), (-560, -1290), (-400, -1300)), 16),
    Pier("Herring Pier", ((-470, -770), (-420, -1000)), 14),
    Pier("Ferry Pier", ((-250, -700), (-190, -890)), 20),
    Pier("Grain Wharf", ((760, -860), (700, -1060)), 34),
    Pier("Timber Wharf", ((1300, -1345), (1236, -1550)), 30),
    Pier("Pleasure Pier", ((-2560, -1138), (-2800, -1270), (-2900, -1320)), 18),
)


class Road(NamedTuple):
    """A road someone planned: its class in the map and the places it passes.

    Where a loose end overshoots the last crossing a little, it is cut back there.
    """

    name: str
    kind: str
    line: tuple[Place, ...]


HEART: Place = (-330, -320)
SQUARE: Place = (420, -290)
CITY_HALL = ("Old Bridge Street", 25)  # city.toml says so

ROADS = (
    Road("Old Bridge Street", "main", (HEART, (-130, -345), (70, -350), (260, -320), SQUARE)),
    Road("Westerly Avenue", "main",
         (HEART, (-780, -210), (-1500, -150), (-2200, -60), (-2820, 60), (-3040, 90))),
    Road("Lantern Road", "main",
         (HEART, (-540, 20), (-820, 400), (-1250, 640), (-1480, 980), (-1830, 1180),
          (-2080, 1560), (-2310, 1790), (-2400, 1900))),
    Road("Moor Avenue", "main",
         (HEART, (-270, 100), (-230, 600), (-330, 1200), (-480, 1650), (-420, 2050), (-440, 2180))),
    Road("Saltmarket Avenue", "main", (SQUARE, (1000, -170), (1950, 30), (3020, 255))),
    Road("Lakeside Avenue", "main",
         (SQUARE, (720, 180), (1080, 700), (1350, 1150), (1280, 1600), (1380, 2050), (1340, 2260))),
    Road("Shipwrights Road", "main",
         (SQUARE, (860, -560), (1400, -780), (1850, -1060), (2060, -1400), (1960, -1700))),
    Road("The Circuit", "main",
         ((-1060, -1590), (-1290, -1500), (-1400, -1150), (-1560, -600), (-1640, -150), (-1520, 420),
          (-1150, 900), (-600, 1180), (-310, 1210), (80, 1180), (450, 1190), (850, 1130),
          (1330, 950), (1750, 600), (1960, 30), (1940, -550), (1810, -1080))),
    Road("Rampart Road", "main",
         ((-270, 120), (-560, 40), (-790, -200), (-880, -560), (-960, -1110))),
    Road("Middle Bridge Road", "main",
         ((-270, 120), (-60, 95), (60, 85), (280, 95), (600, 150), (1100, 250), (1885, 408))),
    Road("Holm Causeway", "main",
         (SQUARE, (440, -520), (400, -780), (340, -1050), (300, -1330), (310, -1700))),
    Road("Southhead Road", "main",
         ((-838, -471), (-1150, -640), (-1500, -780), (-1800, -1150), (-1850, -1600),
          (-1780, -2100), (-1800, -2290))),
    Road("Eastern Way", "main",
         ((1250, 1560), (1750, 1350), (2180, 900), (2450, 170), (2400, -500), (2250, -950),
          (1990, -1200), (1620, -1290))),
    Road("Sunset Way", "main",
         ((-1780, -1330), (-2200, -900), (-2380, -480), (-2420, 0), (-2330, 560), (-2020, 960),
          (-1600, 1080))),
    Road("Timber Quay", "main", ((600, -826), (720, -838), (1000, -922), (1340, -1040), (1540, -1125),
          (1640, -1233), (1657, -1260))),
    Road("Steamer Quay", "street", ((1481, -1190), (1479, -1130), (1478, -1075))),
    Road("Meadowside", "street", ((240, 420), (150, 600), (180, 800), (270, 980), (455, 1075))),
    Road("Northern Down Road", "street",
         ((-2030, 1350), (-1500, 1620), (-950, 1700), (-480, 1650), (0, 1620), (340, 1560),
          (620, 1560), (900, 1480), (1320, 1500))),
    Road("Spit Road", "street",
         ((1990, -1640), (1880, -1810), (1700, -1930), (1400, -2090), (1080, -2235), (900, -2270))),
    Road("Lake Walk", "path",
         ((420, 1540), (420, 1800), (480, 2020), (700, 2130), (930, 2080), (1030, 1900),
          (920, 1720), (760, 1620), (760, 1500))),
    Road("Drovers' Track", "path", ((-1180, 1600), (-1330, 1900), (-1250, 2120), (-1400, 2400))),
    Road("Cairn Path", "path", ((-1700, 1450), (-1560, 1820), (-1330, 1960), (-900, 2060),
                                (-400, 1980))),
    Road("Kestrel Walk", "path", ((1330, 1520), (1620, 1740), (1960, 1640), (2240, 1560))),
    Road("Gannet Walk", "path", ((-1960, 1430), (-2300, 1380), (-2480, 1180), (-2740, 1100))),
)  # fmt: skip


class ShoreRoad(NamedTuple):
    """A road that follows the water's edge between two places."""

    name: str
    kind: str
    start: Place
    end: Place


SHORE_ROADS = (
    ShoreRoad("Mole Parade", "main", (-1270, -1800), (-860, -1000)),
    ShoreRoad("Herring Quay", "main", (-860, -1000), (-380, -730)),
    ShoreRoad("Ferry Quay", "main", (-380, -730), (-30, -560)),
    ShoreRoad("Weir Bank", "street", (-30, -560), (-10, 90)),
    ShoreRoad("Willow Bank", "street", (-10, 90), (400, 1260)),
    ShoreRoad("Upper Bank", "street", (110, 90), (500, 1260)),
    ShoreRoad("Tidewater Bank", "street", (110, 90), (110, -560)),
    ShoreRoad("Dock Road", "main", (110, -560), (700, -830)),
    ShoreRoad("Ballast Quay", "street", (850, -955), (1108, -1040)),
    ShoreRoad("Steamer Quay", "street", (1108, -1040), (1510, -1140)),
    ShoreRoad("Shingle Quay", "main", (1560, -1190), (1740, -1450)),
    ShoreRoad("Marine Parade", "main", (-2330, -1500), (-2860, -600)),
    ShoreRoad("Sunset Strand", "main", (-2860, -600), (-3020, 180)),
    ShoreRoad("Surfside Drive", "street", (-3020, 180), (-2780, 760)),
    ShoreRoad("Eastcliff Drive", "street", (2480, -1200), (3050, 280)),
    ShoreRoad("Far Point Road", "street", (3050, 280), (2700, 860)),
    ShoreRoad("Holm Ring", "street", (60, -1480), (300, -1270)),
    ShoreRoad("Holm Ring", "street", (300, -1270), (560, -1500)),
    ShoreRoad("Holm Ring", "street", (560, -1500), (60, -1480)),
    ShoreRoad("Southhead Path", "path", (-1270, -1800), (-1800, -2290)),
    ShoreRoad("Beacon Path", "path", (-1800, -2290), (-2330, -1500)),
    ShoreRoad("Puffin Path", "path", (-2780, 760), (-2350, 1860)),
    ShoreRoad("Northern Cliff Path", "path", (-2350, 1860), (-980, 2430)),
    ShoreRoad("Cauldron Path", "path", (-980, 2430), (-420, 2180)),
    ShoreRoad("Skua Path", "path", (-420, 2180), (500, 2300)),
    ShoreRoad("Lake Cliff Path", "path", (500, 2300), (1330, 2300)),
    ShoreRoad("Kestrel Path", "path", (1330, 2300), (2330, 1480)),
    ShoreRoad("Far Point Path", "path", (2330, 1480), (2700, 860)),
    ShoreRoad("Curlew Path", "path", (2480, -1200), (1560, -2140)),
    ShoreRoad("Spit End Path", "path", (1560, -2140), (1180, -2120)),
    ShoreRoad("Saltings Path", "path", (1180, -2120), (1740, -1450)),
)


class Patch(NamedTuple):
    """A roundish piece of ground: middle, half length, half width, degrees turned, the road round it."""

    name: str
    middle: Place
    length: float
    width: float
    turn: float
    road: str = ""


PARKS = (
    Patch("Rampart Gardens", (-620, -110), 150, 90, 50),
    Patch("Lark Meadows", (370, 790), 260, 160, 65),
    Patch("Lantern Hill Park", (-1270, 1300), 270, 170, 15, "Beacon Round"),
    Patch("Founders' Park", (1330, -380), 190, 130, 12, "Founders' Round"),
    Patch("Southhead Down", (-1850, -1900), 330, 190, 40),
    Patch("Lake Park", (720, 1910), 420, 300, 0),
    Patch("Seaview Gardens", (-2080, 200), 130, 110, 0, "Seaview Crescent"),
    Patch("Orchard Park", (-760, 690), 120, 90, 30, "Orchard Round"),
    Patch("Curlew Dunes", (2040, -1660), 280, 110, 48),
    Patch("Eastcliff Green", (2680, 470), 150, 100, 70, "Eastcliff Oval"),
    Patch("Holm Point", (470, -1560), 100, 60, 30),
)

HEATHS = (
    Patch("Northern Down", (-1010, 2120), 640, 300, 5),
    Patch("Kestrel Heath", (1900, 1650), 560, 330, 130),
    Patch("Gannet Moor", (-2480, 1260), 520, 330, 125),
    Patch("Skua Down", (110, 2240), 330, 200, 0),
)

HILLS = (
    # middle, height (any unit), reach in metres
    ((-1350, 1250), 1.0, 620.0),
    ((-2050, 700), 0.6, 420.0),
    ((-1900, -1500), 0.7, 480.0),
    ((1850, 1300), 0.8, 560.0),
)

class Quarter(NamedTuple):
    """A part of the town laid out at one go: middle, reach in metres, how its streets run, how strictly."""

    middle: Place
    reach: float
    degrees: float
    weight: float


QUARTERS = (
    Quarter((-1200, -700), 420, 57, 1.2),
    Quarter((-900, 250), 330, -28, 1.2),
)

# The latest ones, where streets are called after people.
ESTATES = (
    Quarter((-60, 1800), 300, 10, 1.6),
    Quarter((-1980, 1640), 300, 38, 1.6),
)
DOCKS = Quarter((1150, -1180), 270, -17.8, 3.0)

# Where houses stand; beyond it there are only the roads planned above.
SETTLED: tuple[Place, ...] = (
    (-3200, 0), (-2950, -1000), (-2500, -1600), (-1950, -1660), (-1500, -1760), (-1200, -1900),
    (-700, -1300), (0, -900), (600, -1000), (740, -1260), (1100, -1450), (1500, -1480),
    (2000, -1480), (2450, -1450), (2950, -900), (3100, 0), (3000, 700), (2600, 900), (2330, 1060),
    (1900, 1400), (1500, 1580), (900, 1660), (480, 1720), (330, 1960), (-120, 2010), (-420, 1960),
    (-520, 1790), (-950, 1790), (-1480, 1740), (-1680, 1980), (-2050, 1930), (-2250, 1700),
    (-2080, 1440), (-2300, 1000), (-2700, 800), (-3100, 500),
)  # fmt: skip
