// full_map.js: the map that moves under the finger, in the place of the drawn one. Loaded when somebody asks for it.
import { look } from "./full_map_look.js";

const VENDOR = "../../vendor/maplibre/maplibre-gl";
const PATIENCE = 60_000; // milliseconds; then the drawn map is better than waiting
// A tile is 512 pixels wide here and 256 in the addresses of the form: the same view has one zoom less.
const ONE_LESS = 1;
const [WIDEST, NEAREST] = [12, 18]; // of the form

/** Load a style sheet of ours; `path` is seen from this file. */
function styled(path) {
  const link = Object.assign(document.createElement("link"), {
    rel: "stylesheet", href: new URL(path, import.meta.url).href,
  });
  return new Promise((done, failed) => {
    link.addEventListener("load", done);
    link.addEventListener("error", failed);
    document.head.append(link);
  });
}

/** Wait until the map stands there with all it shows. */
function shown(map) {
  return new Promise((done, failed) => {
    map.once("load", done);
    map.once("error", ({ error }) => failed(error));
    setTimeout(failed, PATIENCE, new Error("the map did not come"));
  });
}

/** Return what draws the city's own street map, and what there is of it; nothing where there is none. */
async function streetMap(form) {
  const { basemap } = form.querySelector(".full-map").dataset;
  if (!basemap) return [];
  const { streets } = await import("./full_map_streets.js");
  return [streets, JSON.parse(basemap)];
}

/** Return what is to be seen: a place that a form holds, or those of a report. */
function view(root) {
  if (root.dataset.view) return JSON.parse(root.dataset.view);
  const { lat, long, zoom } = root.elements;
  return { lat: Number(lat.value), long: Number(long.value), zoom: Number(zoom.value) };
}

/** Put a pin at each of a report's places, and bring all of them in view. */
function mark(engine, map, root, { lat, long, words, places }) {
  if (!places) return;
  const spots = [{ lat, long, words }, ...places];
  const bounds = new engine.LngLatBounds();
  for (const spot of spots) {
    const pin = root.querySelector(".full-map__mark").content.firstElementChild.cloneNode(true);
    const element = document.createElement("div");
    element.append(pin);
    new engine.Marker({ element, anchor: "bottom" }).setLngLat([spot.long, spot.lat]).addTo(map);
    element.setAttribute("role", "img");
    element.setAttribute("aria-label", spot.words);
    bounds.extend([spot.long, spot.lat]);
  }
  if (places.length) map.fitBounds(bounds, { padding: 56, maxZoom: map.getZoom(), animate: false });
}

function begin(engine, form, drawn) {
  const seen = view(form);
  const stage = form.querySelector(".full-map");
  const widest = Math.max(WIDEST - ONE_LESS, drawn[1]?.minzoom ?? 0);
  const map = new engine.Map({
    container: stage.querySelector(".full-map__ground"),
    style: look(stage, ...drawn),
    center: [seen.long, seen.lat],
    zoom: seen.zoom - ONE_LESS,
    minZoom: widest,
    maxZoom: NEAREST - ONE_LESS,
    maxPitch: 0,
    dragRotate: false,
    attributionControl: false,
    refreshExpiredTiles: false,
    locale: { "Map.Title": stage.dataset.words },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  mark(engine, map, form, seen);
  return map;
}

/** Send the form with the place in the middle. */
function take(map, form) {
  const { lat, long, zoom, look: looking } = form.elements;
  const middle = map.getCenter().wrap();
  lat.value = middle.lat.toFixed(6);
  long.value = middle.lng.toFixed(6);
  zoom.value = Math.min(Math.max(Math.round(map.getZoom() + ONE_LESS), WIDEST), NEAREST);
  looking?.remove();
  form.submit();
}

function listen(map, form, drawn) {
  if (form.elements) {
    map.on("click", ({ lngLat }) => map.easeTo({ center: lngLat }));
    map.getCanvas().addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      take(map, form);
    });
    form.querySelector(".full-map__take").addEventListener("click", () => take(map, form));
  }
  for (const button of form.querySelectorAll("[data-scale]")) {
    button.addEventListener("click", () => map.zoomTo(Math.round(map.getZoom()) + Number(button.dataset.scale)));
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    map.setStyle(look(form.querySelector(".full-map"), ...drawn));
  });
}

/** Bring the map with the city's street map, or where that fails with our own streets. */
async function come(engine, form, drawn) {
  const map = begin(engine, form, drawn);
  try {
    await shown(map);
    return [map, drawn];
  } catch (error) {
    map.remove();
    if (!drawn.length) throw error;
    console.info("Our own streets are drawn instead:", error);
    form.querySelector(".full-map__credit")?.remove();
    return come(engine, form, []);
  }
}

/** Put the full map into the form of the drawn one; throws, with the form as it was, where that fails. */
export default async function fullMap(form) {
  const probe = document.createElement("canvas").getContext("webgl2");
  if (!probe) throw new Error("there is no WebGL2 here");
  probe.getExtension("WEBGL_lose_context")?.loseContext();
  const [engine] = await Promise.all([
    import(`${VENDOR}.mjs`), styled(`${VENDOR}.css`), styled("../../css/components/full_map.css"),
  ]);
  const parts = [...form.querySelector(".full-map-parts").content.cloneNode(true).children];
  form.classList.add("report-map--coming");
  form.querySelector(".report-map__drawing").before(...parts);
  let map, drawn;
  try {
    [map, drawn] = await come(engine, form, await streetMap(form));
  } catch (error) {
    parts.forEach((part) => part.remove());
    throw error;
  } finally {
    form.classList.remove("report-map--coming");
  }
  form.classList.add("report-map--full");
  map.resize();
  listen(map, form, drawn);
  map.getCanvas().focus();
}
