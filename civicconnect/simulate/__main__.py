"""Draw the ground of the demo city anew: `python -m civicconnect.simulate cities/larkmouth`.

It replaces areas/, map/ and addresses.csv in that folder; what people wrote, the .toml files, stays.
"""

from __future__ import annotations

import sys
from pathlib import Path

from civicconnect.simulate.ground import SEED, draw_ground

if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
    sys.exit("Name the city's folder: python -m civicconnect.simulate cities/larkmouth")
draw_ground(Path(sys.argv[1]), SEED)
