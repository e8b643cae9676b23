"""Other systems' records become reports with a true timeline."""

from civicconnect.history.draft import draft_city
from civicconnect.history.importer import Tally, import_csv
from civicconnect.history.profile import Profile, count_rows, read_profile

__all__ = ["Profile", "Tally", "count_rows", "draft_city", "import_csv", "read_profile"]
