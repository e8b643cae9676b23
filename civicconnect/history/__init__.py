"""Other systems' records become reports with a true timeline."""

from civicconnect.history.draft import draft_city
from civicconnect.history.extract import count_rows
from civicconnect.history.importer import Tally, import_csv
from civicconnect.history.names import city_name, slug
from civicconnect.history.profile import Profile, read_profile

__all__ = ["Profile", "Tally", "city_name", "count_rows", "draft_city", "import_csv", "read_profile", "slug"]
