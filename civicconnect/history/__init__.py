"""Other systems' records become reports with a true timeline."""

from civicconnect.history.choose import Chosen, choose_profile
from civicconnect.history.draft import draft_city
from civicconnect.history.extract import count_rows
from civicconnect.history.fetch import Endpoint, Fetched, fetch, state_file
from civicconnect.history.georeport import NO_ID, cities_in, is_capture, read_capture, write_capture
from civicconnect.history.importer import Tally, import_csv
from civicconnect.history.names import city_name, slug
from civicconnect.history.papers import beside, files_for, must_spare
from civicconnect.history.profile import Profile
from civicconnect.history.written import read_profile

__all__ = [
    "Chosen", "Endpoint", "Fetched", "NO_ID", "Profile", "Tally", "beside", "choose_profile", "cities_in",
    "city_name", "count_rows", "draft_city", "fetch", "files_for", "import_csv", "is_capture", "must_spare",
    "read_capture", "read_profile", "slug", "state_file", "write_capture",
]
