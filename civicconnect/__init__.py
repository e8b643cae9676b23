"""CivicConnect: service requests from the phone to the open data."""

import gc
import os

__version__ = "0.1.0"

# What a page or a start makes is mostly kept or let go at once, seldom a circle. Looking for circles after
# every seven hundred objects was a fifth of a command's start and a tenth of a page.
gc.set_threshold(50_000, 20, 20)

# The sums here are small: more threads for one of them only wait for each other, and on a busy machine spin.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
