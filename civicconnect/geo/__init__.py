"""Where things are: points, areas with their dates, addresses, and a map that needs no script."""

from civicconnect.geo.addresses import Place, describe, find_addresses, somewhere
from civicconnect.geo.areas import AreaHit, areas_at, areas_of_many, forget_areas
from civicconnect.geo.drawing import Pin, View, draw_map
from civicconnect.geo.load import Ground, check, dump, load
from civicconnect.geo.models import Address, Area, MapShape
from civicconnect.geo.point import Box, Point, encoder, point_from
from civicconnect.geo.schema import add_shape, drop_shape, install
from civicconnect.geo.spatial import distance, in_box, latitude, longitude, within

__all__ = [
    "Address", "Area", "AreaHit", "Box", "Ground", "MapShape", "Pin", "Place", "Point", "View",
    "add_shape", "areas_at", "areas_of_many", "check", "describe", "distance", "draw_map", "drop_shape",
    "dump", "encoder", "find_addresses", "forget_areas", "in_box", "install", "latitude", "load",
    "longitude", "point_from", "somewhere", "within",
]
