"""A city that knows its own truth, for the demo, the tests and the load."""

from civicconnect.simulate.day import OUTCOMES, Day
from civicconnect.simulate.dirt import Dirt
from civicconnect.simulate.door import count_others, external_id, load_history, load_live, stands
from civicconnect.simulate.extract import Manner, write_extract
from civicconnect.simulate.ground import SEED, draw_ground
from civicconnect.simulate.happen import happen
from civicconnect.simulate.parameters import CHANNELS, Parameters, read_parameters
from civicconnect.simulate.past import invent_past
from civicconnect.simulate.stage import plan_of
from civicconnect.simulate.truth import COLUMNS as TRUTH_COLUMNS
from civicconnect.simulate.truth import Truth, truth_rows, write_truth
from civicconnect.simulate.wallclock import NEVER
from civicconnect.simulate.words import answers, description, streets, text_count
from civicconnect.simulate.world import Areas, Places, Plan, Plants, Service

__all__ = [
    "Areas", "CHANNELS", "Day", "Dirt", "Manner", "NEVER", "OUTCOMES", "Parameters", "Places", "Plan",
    "Plants", "SEED", "Service", "TRUTH_COLUMNS", "Truth", "answers", "count_others", "description",
    "draw_ground", "external_id", "happen", "invent_past", "load_history", "load_live", "plan_of",
    "read_parameters", "stands", "streets", "text_count", "truth_rows", "write_extract", "write_truth",
]
