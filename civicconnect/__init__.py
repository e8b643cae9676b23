"""CivicConnect: service requests from the phone to the open data."""

import gc

__version__ = "0.1.0"

# What a page or a start makes is mostly kept or let go at once, seldom a circle. Looking for circles after
# every seven hundred objects was a fifth of a command's start and a tenth of a page.
gc.set_threshold(50_000, 20, 20)
