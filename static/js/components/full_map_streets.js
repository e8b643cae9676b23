// full_map_streets.js: what the full map draws of a city's own street map. Archives name their layers in ways of their
// own (Protomaps, OpenMapTiles, whatever a city made): what a layer is, is read off its name and its shapes.

const LINES = ["in", ["geometry-type"], ["literal", ["LineString", "MultiLineString"]]];
const AREAS = ["in", ["geometry-type"], ["literal", ["Polygon", "MultiPolygon"]]];
const SPOTS = ["in", ["geometry-type"], ["literal", ["Point", "MultiPoint"]]];

/** Return what a thing says it is, in small letters: the first of some of its properties that it has. */
const first = (...names) => ["downcase", ["to-string", ["coalesce", ...names.map((name) => ["get", name]), ""]]];
const among = (kind, words) => ["in", kind, ["literal", words.split(" ")]];

const KIND = first("kind", "class", "pmap:kind", "highway", "type");
const MAIN = among(KIND, "motorway trunk primary secondary major_road highway main motorway_link trunk_link "
  + "primary_link secondary_link");
const PATH = among(KIND, "path footway cycleway pedestrian steps track bridleway corridor");
const NO_STREET = among(KIND, "rail railway transit ferry pier aeroway runway taxiway aerialway cable_car");
const GREEN = among(first("kind", "class", "pmap:kind", "landuse", "leisure", "natural"),
  "park garden forest wood grass grassland meadow cemetery nature_reserve national_park protected_area golf_course "
  + "pitch playground recreation_ground village_green allotments scrub orchard heath common dog_park");

const IS = [
  ["words", /name|label|place/i],
  ["number", /house|address/i],
  ["building", /building/i],
  ["street", /road|street|transportation|highway|path/i],
  ["water", /water|ocean|river|lake|(^|_)sea/i],
  ["some green", /landcover|landuse|natural/i],
  ["green", /(^|_)parks?(_|$)|green|wood|forest|grass/i],
];
const kindOf = (layer) => IS.find(([, pattern]) => pattern.test(layer))?.[0];

/** Return the layers of the style, the lowest first, and leave out what is neither ground, street nor name. */
export function streets(told, colour, wide) {
  const source = "basemap";
  const title = ["coalesce", ["get", `name:${document.documentElement.lang}`], ["get", "name"]];
  const on = (what) => told.layers.filter((layer) => kindOf(layer) === what);
  const drawn = (layer, part, rest) => ({ id: `${layer}-${part}`, source, "source-layer": layer, ...rest });

  const fill = (what, name, filter = AREAS) => on(what).map((layer) => drawn(layer, "ground", {
    type: "fill", filter, paint: { "fill-color": colour(name) },
  }));
  const line = (part, filter, name, width, rest) => on("street").map((layer) => drawn(layer, part, {
    type: "line",
    filter: ["all", LINES, filter],
    layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": colour(name), "line-width": width },
    ...rest,
  }));
  const words = (what, part, filter, name, layout, minzoom = 10) => on(what).map((layer) => drawn(layer, part, {
    type: "symbol",
    filter,
    minzoom,
    layout: { "text-field": title, "text-size": 13, "text-padding": 4, ...layout },
    paint: { "text-color": colour(name), "text-halo-color": colour("map-land"), "text-halo-width": 1.5 },
  }));
  const along = { "symbol-placement": "line" };
  const usual = ["!", ["any", MAIN, PATH, NO_STREET]];

  return [
    ...fill("some green", "map-green", ["all", AREAS, GREEN]),
    ...fill("green", "map-green"),
    ...fill("water", "map-water"),
    ...on("water").map((layer) => drawn(layer, "course", {
      type: "line", filter: LINES, paint: { "line-color": colour("map-water"), "line-width": wide("path", 1) },
    })),
    ...fill("building", "map-building").map((layer) => ({ ...layer, minzoom: 13 })),
    ...line("path", PATH, "map-path", wide("path"), {
      layout: {}, minzoom: 13,
      paint: { "line-color": colour("map-path"), "line-width": wide("path"), "line-dasharray": [2.5, 1.5] },
    }),
    ...line("street-edge", usual, "map-road-edge", wide("street", 1.4), { minzoom: 14 }),
    ...line("main-edge", MAIN, "map-road-edge", wide("main", 1.4)),
    ...line("street", usual, "map-road", wide("street")),
    ...line("main", MAIN, "map-main", wide("main")),
    ...on("number").map((layer) => drawn(layer, "number", {
      type: "symbol",
      filter: SPOTS,
      minzoom: 16,
      layout: { "text-field": ["coalesce", ["get", "housenumber"], ["get", "addr_housenumber"], ["get", "name"]], "text-size": 11 },
      paint: { "text-color": colour("map-words"), "text-halo-color": colour("map-land"), "text-halo-width": 1.5 },
    })),
    ...words("street", "name", ["all", LINES, ["!", NO_STREET]], "map-words", along, 13),
    ...words("words", "along", LINES, "map-words", along, 13),
    ...words("water", "name", SPOTS, "map-water-words", {}),
    ...words("words", "name", SPOTS, "map-words", {}),
  ];
}
