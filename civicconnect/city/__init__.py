"""A whole city, in and out of its folder."""

from civicconnect.city.folder import City, check, check_folder, load_city, read_folder, stamp

__all__ = ["City", "check", "check_folder", "load_city", "read_folder", "stamp"]
