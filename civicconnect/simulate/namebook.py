"""The words that the names of streets and squares are made of. All of it is invented."""

from __future__ import annotations

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

# Trades and houses of old, in the old town only.
TRADES = [
    "Almshouse", "Apothecary", "Bakehouse", "Barber's", "Bellfounder", "Brewhouse", "Butter Market",
    "Candlemaker", "Carters", "Chantry", "Chapel", "Cloister", "Cooper's", "Customs House",
    "Drapers", "Dyers", "Fishmarket", "Fishwives", "Glasshouse", "Goldbeater", "Granary",
    "Guildhall", "Harper's", "Hatters", "Horner", "Lamplighter", "Mint", "Netmaker", "Night Watch",
    "Oilpress", "Old Custom", "Old Wall", "Packhorse", "Pepperer", "Pilgrim's",
    "Printer's", "Pump", "Ropewalk", "Sailcloth", "Saltcellar", "Schoolhouse",
    "Shipsmith", "Silversmith", "Spicer", "Stonecutter", "Tollhouse", "Town Well",
    "Vintner", "Watchmaker", "Weighhouse", "Whitesmith", "Woolpack",
]  # fmt: skip

# Whom the latest estates honour.
PEOPLE = [
    "Ada Fenwick", "Agnes Rourke", "Alderman Pryce", "Amina Sayegh", "Beatriz Lamas", "Captain Ellery",
    "Carlos Ibarra", "Clara Winslade", "Doctor Sorley", "Dora Quayle", "Edith Marlowe", "Elias Thorne",
    "Farida Nasser", "George Tamsin", "Grace Hollowell", "Harriet Quill", "Hugh Penhallow",
    "Idris Calder", "Ines Valcárcel", "Jonas Brandt", "Josefa Arce", "Kate Merriman", "Leila Haddad",
    "Lewis Arkley", "Mabel Strand", "Maud Pellew", "Mayor Osgood", "Nadia Karam", "Nora Tremlett",
    "Olive Sandford", "Omar Khalil", "Pilot Varley", "Professor Lind", "Rosa Quintana", "Ruth Ashby",
    "Samuel Orde", "Sister Berthe", "Thomas Gale", "Ursula Keane", "Walter Finch", "Winifred Shaw",
    "Yusuf Darwish",
]  # fmt: skip

WORDS = {
    "path": ("Steps", "Passage", "Steps", "Walk", "Cut"),
    "old": ("Lane", "Street", "Row", "Lane", "Alley", "Yard", "Street", "Wynd", "Gate"),
    "grid": ("Street", "Street", "Avenue", "Street", "Place"),
    "docks": ("Wharf", "Street", "Quay", "Dock"),
    "estate": ("Road", "Way", "Avenue", "Drive", "Crescent", "Road"),
    "hill": ("Rise", "Hill", "Road", "Crescent", "Drive", "Bank", "Terrace"),
    "edge": ("Road", "Drive", "Way", "Road", "Gardens", "Avenue", "Lane", "Crescent", "Terrace"),
    "close": ("Close", "Court", "Mews"),
}
# Metres: no avenue is shorter, no alley longer.
SHORTEST = {"Avenue": 320.0, "Way": 220.0, "Drive": 220.0, "Road": 180.0}
LONGEST = {
    "Alley": 260.0, "Yard": 240.0, "Wynd": 340.0, "Row": 420.0, "Place": 420.0, "Gate": 480.0,
    "Terrace": 420.0, "Gardens": 520.0, "Rise": 700.0, "Dock": 320.0,
}  # fmt: skip
