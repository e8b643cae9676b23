// full_map_look.js: what the full map draws of our tiles, in the colours of the page. geo/drawing.py draws the same.

const GROWTH = 1.6; // of a street's width from one zoom to the next, as in the drawn map
const WIDTHS = { path: 1.6, street: 6, main: 9 }; // pixels at zoom 15
const EDGE = 1.4; // pixels that an edge adds

const at = (zoom, width, more) => Math.max(width * GROWTH ** (zoom - 15), 0.8) + more;
const wide = (kind, more = 0) => ["interpolate", ["exponential", GROWTH], ["zoom"],
  ...[10, 12, 14, 16, 18].flatMap((zoom) => [zoom, at(zoom, WIDTHS[kind], more)])];

/** Return the style of the map as `stage` and the page's tokens want it.
 *
 * streets   what draws the city's own street map in the place of our ground, and `told` what there is to draw
 */
export function look(stage, streets, told) {
  const tokens = getComputedStyle(stage);
  const colour = (name) => tokens.getPropertyValue(`--${name}`).trim();
  const tiles = (address) => ({ type: "vector", tiles: [location.origin + address], minzoom: 10, maxzoom: 16 });
  const ground = (id, kind, rest) => ({ id, source: "ground", "source-layer": kind, ...rest });

  const area = (kind, name) => ground(kind, kind, { type: "fill", paint: { "fill-color": colour(name) } });
  const line = (id, kind, name, more, rest) => ground(id, kind, {
    type: "line",
    layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": colour(name), "line-width": wide(kind, more) },
    ...rest,
  });
  const words = (kind, name, layout, minzoom = 10) => ground(`${kind}-words`, kind, {
    type: "symbol",
    minzoom,
    layout: { "text-field": ["get", "name"], "text-size": 13, "text-padding": 4, ...layout },
    paint: { "text-color": colour(name), "text-halo-color": colour("map-land"), "text-halo-width": 1.5 },
  });
  const along = { "symbol-placement": "line" };

  const ours = [
    area("park", "map-green"),
    area("water", "map-water"),
    area("pier", "map-building"),
    line("path", "path", "map-path", 0, {
      layout: {},
      paint: { "line-color": colour("map-path"), "line-width": wide("path"), "line-dasharray": [2.5, 1.5] },
    }),
    line("street-edge", "street", "map-road-edge", EDGE, { minzoom: 14 }),
    line("main-edge", "main", "map-road-edge", EDGE),
    line("street", "street", "map-road", 0),
    line("main", "main", "map-main", 0),
  ];
  const named = [
    words("number", "map-words", { "text-size": 11 }, 16),
    words("path", "map-words", along, 15),
    words("street", "map-words", along, 13),
    words("water", "map-water-words", {}),
    words("park", "map-green-words", {}, 12),
    words("main", "map-words", along),
  ];
  // Of the ground that is drawn: what is called as the street that a report goes all along.
  const marked = (source, layer) => ({
    id: `${layer}-along`, source, "source-layer": layer, type: "line",
    filter: ["all", ["in", ["geometry-type"], ["literal", ["LineString", "MultiLineString"]]],
      ["==", ["get", "name"], stage.dataset.along]],
    layout: { "line-cap": "round", "line-join": "round" },
    paint: { "line-color": colour("map-along"), "line-opacity": 0.6, "line-width": wide("street") },
  });
  const lines = streets ? told.layers : ["path", "street", "main"];
  const meant = stage.dataset.along ? lines.map((layer) => marked(streets ? "basemap" : "ground", layer)) : [];
  const basemap = streets && { ...tiles(told.tiles), minzoom: told.minzoom, maxzoom: told.maxzoom };

  return {
    version: 8,
    sources: { ...(basemap ? { basemap } : { ground: tiles(stage.dataset.ground) }), reports: tiles(stage.dataset.reports) },
    layers: [
      { id: "land", type: "background", paint: { "background-color": colour("map-land") } },
      ...(basemap ? streets(told, colour, wide) : ours),
      ...meant,
      {
        id: "reports",
        type: "circle",
        source: "reports",
        "source-layer": "reports",
        filter: [">", ["get", "open"], 0],
        paint: {
          "circle-color": colour("brand"),
          "circle-radius": ["min", 14, ["+", 5, ["ln", ["get", "count"]]]],
          "circle-stroke-color": colour("pin-edge"),
          "circle-stroke-width": 2,
        },
      },
      ...(basemap ? [] : named),
    ],
  };
}
