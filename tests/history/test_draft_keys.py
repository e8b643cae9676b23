"""What a draft writes down for the import: words of whose meaning there is no doubt, points to look at."""

from __future__ import annotations

from civicconnect import commands, history
from civicconnect.history.boundaries import read_layers
from tests.factories import HERE
from tests.history.records import HEADER, row, two_districts, write_areas, write_csv


def test_a_status_without_doubt_and_a_crowded_point_stand_in_the_guessed_profile(tmp_path):
    rows = [row(n, status=("Open", "Closed", "Cancelled", "With the mayor")[n % 4],
                closed="" if n % 4 == 0 else "2026-03-02 09:00:00", type=("Pothole", "Lamp")[n % 2],
                lat=HERE.lat + (n % 7 and n / 10_000), parent=f"R-{n - 1}" if n % 9 == 8 else "")
            for n in range(200)]
    file = write_csv(tmp_path / "x.csv", rows, (*HEADER, "status", "parent"))
    areas = two_districts(tmp_path / "wards.geojson")
    commands.draft([file], [areas], name="X", out=tmp_path / "out")
    written = (tmp_path / "out" / "review" / "profile.toml").read_text(encoding="utf-8")
    profile = history.read_profile(tmp_path / "out" / "review" / "profile.toml")
    assert (profile.columns["status"], profile.columns["parent"]) == ("status", "parent")
    assert profile.statuses == {"Open": "open", "Closed": "closed", "Cancelled": "closed withdrawn"}
    assert f"# [[stand_in]]\n# lat = {HERE.lat}\n# long = {HERE.long}\n" in written
    assert profile.stand_ins == ()
    assert "`[[stand_in]]`" in (tmp_path / "out" / "review" / "README.md").read_text(encoding="utf-8")

    uncommented = written.replace("# [[", "[[").replace("# lat", "lat").replace("# long", "long")
    (tmp_path / "x.toml").write_text(uncommented, encoding="utf-8")
    commands.draft([file], [areas], profile=str(tmp_path / "x.toml"), name="X", out=tmp_path / "again")
    assert "in no area: 29 rows of 200" in (tmp_path / "again" / "review" / "README.md").read_text(
        encoding="utf-8")


def test_boundaries_in_a_grid_that_they_name_are_read(tmp_path):
    corners = [[234000, 900000], [235000, 900000], [235000, 901000], [234000, 901000], [234000, 900000]]
    file = write_areas(tmp_path / "wards.geojson", [
        ({"ward": "1", "name": "One"}, {"type": "Polygon", "coordinates": [corners]})],
        crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::26986"}})
    layer = read_layers([file], {}, [], "X")[0]
    west, south, east, north = layer.ground.bounds
    assert (round(west, 2), round(south, 2)) == (-71.09, 42.35)
    assert (round(east, 2), round(north, 2)) == (-71.08, 42.36)
