"""Where things are: points, areas with their dates, addresses, and a map that needs no script."""

from civicconnect.geo.addresses import describe, find_addresses, somewhere, street_called
from civicconnect.geo.areas import (
    AreaHit,
    AreaIndex,
    area_called,
    area_index,
    areas_at,
    areas_of_many,
    forget_areas,
)
from civicconnect.geo.assets import AssetIndex, Nearby, asset_index
from civicconnect.geo.basemap import (
    BASEMAP,
    Basemap,
    Packed,
    Unusable,
    basemap_faults,
    open_basemap,
    unpacked,
)
from civicconnect.geo.borders import misplaced
from civicconnect.geo.drawing import NEAREST, Pin, View, draw_map, street_line
from civicconnect.geo.dump import drawn, dump, spell
from civicconnect.geo.gazetteer import remake
from civicconnect.geo.lines import box_round, metres_to_line, shape_along
from civicconnect.geo.load import Ground, check, load
from civicconnect.geo.models import Address, Area, Asset, MapShape
from civicconnect.geo.named import NamedArea, extent, named_areas
from civicconnect.geo.placed import placed_in_bulk
from civicconnect.geo.places import Place
from civicconnect.geo.point import (
    GRID_DEGREES,
    Box,
    Point,
    Squares,
    cell_of,
    cells_around,
    coarsen,
    encoder,
    point_from,
    read_point,
    square_of,
)
from civicconnect.geo.schema import add_shape, drop_column, drop_shape, install
from civicconnect.geo.spatial import coarse, distance, in_box, latitude, longitude, within
from civicconnect.geo.tiles import Tile, ground_tile, spots_tile
from civicconnect.geo.walking import metres_between, walk, way

__all__ = [
    "Address", "Area", "AreaHit", "AreaIndex", "Asset", "AssetIndex", "BASEMAP", "Basemap", "Box",
    "GRID_DEGREES", "Ground", "MapShape", "NEAREST", "NamedArea", "Nearby", "Packed", "Pin", "Place", "Point",
    "Squares", "Tile", "Unusable", "View", "add_shape", "area_called", "area_index", "areas_at",
    "areas_of_many", "asset_index", "basemap_faults", "box_round", "cell_of", "cells_around", "check",
    "coarse", "coarsen", "describe", "distance", "draw_map", "drawn", "drop_column", "drop_shape", "dump",
    "encoder", "extent", "find_addresses", "forget_areas", "ground_tile", "in_box", "install", "latitude",
    "load", "longitude", "metres_between", "metres_to_line", "misplaced", "named_areas", "open_basemap",
    "placed_in_bulk", "point_from", "read_point", "remake", "shape_along", "somewhere", "spell", "spots_tile",
    "square_of", "street_called", "street_line", "unpacked", "walk", "way", "within",
]
