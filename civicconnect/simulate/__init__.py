"""A city that knows its own truth, for the demo, the tests and the load."""

from civicconnect.simulate.ground import SEED, draw_ground
from civicconnect.simulate.past import invent_past

__all__ = ["SEED", "draw_ground", "invent_past"]
