// overview.js: the map of reports without whole pages: drag it, or use the arrow keys, + and −.
// Every press is a link that works without this; here its page is fetched and only the map's part swapped.

const KEYS = {
  ArrowLeft: "west", ArrowUp: "north", ArrowDown: "south", ArrowRight: "east",
  "+": "closer", "=": "closer", "-": "wider",
};
const SLACK = 8; // pixels a hand may shake when it only presses
let asked = 0; // of two quick presses only the last is answered
let shown = location.search;

/** Put the map of another address into `part`; `pressed` names the button that gets the focus back. */
async function go(part, address, pressed) {
  const mine = ++asked;
  part.classList.add("map-part--busy");
  const answer = await fetch(address).catch(() => null);
  const text = answer?.ok ? await answer.text() : "";
  if (mine !== asked) return;
  const page = new DOMParser().parseFromString(text, "text/html");
  const fresh = page.getElementById(part.id);
  if (!fresh) {
    location.assign(address);
    return;
  }
  history.pushState(null, "", address);
  shown = location.search;
  document.querySelector("form.search").replaceWith(page.querySelector("form.search"));
  document.getElementById("map-status").textContent = page.getElementById("map-status").textContent;
  Object.assign(part.dataset, fresh.dataset);
  part.replaceChildren(...fresh.childNodes);
  part.classList.remove("map-part--busy");
  const button = part.querySelector(`[data-move="${pressed}"]`) ?? part.querySelector("[data-move]");
  button.focus({ preventScroll: true });
}

/** Let a mouse move the map; a finger scrolls the page past it. Where it lets go is the new middle. */
function drag(part) {
  let held = null;
  const shift = (x, y) => {
    for (const layer of held.map.children) layer.style.transform = `translate(${x}px, ${y}px)`;
  };
  part.addEventListener("pointerdown", (event) => {
    const map = event.target.closest(".overview__map");
    if (map && event.button === 0 && event.pointerType !== "touch") held = { map, x: event.clientX, y: event.clientY };
  });
  part.addEventListener("pointermove", (event) => {
    if (!held) return;
    const [x, y] = [event.clientX - held.x, event.clientY - held.y];
    if (!held.moved && Math.hypot(x, y) < SLACK) return;
    if (!held.moved) held.map.setPointerCapture(event.pointerId);
    held.moved = true;
    shift(x, y);
  });
  part.addEventListener("pointerup", (event) => {
    const { map, x, y, moved } = held ?? {};
    held = null;
    if (!moved) return;
    const { lat, long, zoom, width, scale, stretch } = part.dataset;
    const pixels = width / map.clientWidth; // the server's, for one of the screen's
    const address = new URL(location.href);
    address.searchParams.set("lat", (Number(lat) + (event.clientY - y) * pixels / stretch).toFixed(6));
    address.searchParams.set("long", (Number(long) - (event.clientX - x) * pixels / scale).toFixed(6));
    address.searchParams.set("zoom", zoom);
    address.searchParams.delete("page");
    address.hash = "";
    go(part, address.href);
  });
  part.addEventListener("pointercancel", () => {
    if (held) shift(0, 0);
    held = null;
  });
  part.addEventListener("dragstart", (event) => {
    if (event.target.closest(".overview__map")) event.preventDefault();
  });
}

export default function overview(part) {
  part.classList.add("map-part--script");
  drag(part);
  part.addEventListener("click", (event) => {
    const link = event.target.closest(".overview a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const address = new URL(link.href.baseVal ?? link.href, location.href);
    if (link.closest(".overview__map") && part.classList.contains("map-part--busy")) {
      event.preventDefault(); // it was dragged, not pressed
    } else if (address.pathname === location.pathname && !address.hash) {
      event.preventDefault();
      go(part, address.href, link.dataset.move);
    }
  });
  part.addEventListener("keydown", (event) => {
    const move = event.target.closest(".overview") && KEYS[event.key];
    const link = move && part.querySelector(`[data-move="${move}"]`);
    if (!link || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    go(part, link.href, move);
  });
  window.addEventListener("popstate", () => {
    if (location.search !== shown) location.reload();
  });
}
