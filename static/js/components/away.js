// js/components/away.js: the form that needs no connection. The page brings the services and areas, the offer the
// fields of each service, made by the server in the language of the page. Without a script there is no such form.
import { start } from "../start.js";
import { value } from "../phone/fields.js";
import draft from "./draft.js";
import { keepAsIs } from "./photo.js";

const SAME = ["description", "name", "email", "phone"]; // what is asked about many services

/** Fill in where the phone is. Its own receiver tells it; no network is asked. */
function position(root, form) {
  const [button, said] = [root.querySelector("button"), root.querySelector("[role=status]")];
  const { lat, long } = form.elements;
  const put = (coords) => {
    lat.value = coords ? coords.latitude.toFixed(6) : "";
    long.value = coords ? coords.longitude.toFixed(6) : "";
    said.textContent = coords ? said.dataset.taken : said.dataset.refused;
    lat.dispatchEvent(new Event("change", { bubbles: true }));
  };
  const ask = () => navigator.geolocation.getCurrentPosition(({ coords }) => put(coords), () => put(null),
    { enableHighAccuracy: true, timeout: 15000, maximumAge: 30000 });
  root.hidden = !("geolocation" in navigator);
  button.addEventListener("click", ask);
  return () => { said.textContent = lat.value ? said.dataset.taken : ""; };
}

export default async function away(root) {
  const form = root.querySelector("form");
  const [list, chosen, rest] = ["list", "chosen", "rest"].map((part) => root.querySelector(`.away__${part}`));
  const service = form.elements.service;
  list.hidden = false; // its links lead to the form with a connection, should the offer not come
  const { services: offer, parts } = await (await fetch(root.dataset.offer)).json();
  const sayPlace = position(root.querySelector(".away__here"), form);

  const same = new Map(); // what was typed into those
  let lost = null; // fills in what was typed about a service that is no longer offered

  /** Ask the rest about a service, keeping what was typed about another one as far as it is asked here too. */
  function choose(code) {
    for (const name of SAME) if (form.elements[name]) same.set(name, form.elements[name].value);
    const photos = rest.querySelector("input[type=file]")?.files ?? [];
    service.value = code;
    const { name: title, is_stopped: isStopped } = offer[code];
    // Markup of ours: the templates of the form with a connection made it.
    const fields = offer[code].fields.map((at) => parts[at]).join("");
    chosen.querySelector(".away__stopped").innerHTML = isStopped ? fields : "";
    rest.innerHTML = isStopped ? "" : fields;
    for (const [name, words] of same) if (form.elements[name]) form.elements[name].value = words;
    const input = rest.querySelector("input[type=file]");
    keepAsIs(photos);
    if (input && photos.length) input.files = photos;
    start(rest);
    form.dataset.title = title;
    chosen.querySelector("strong").textContent = title;
    [list.hidden, chosen.hidden, form.hidden] = [true, false, isStopped];
  }

  list.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    const code = link && new URL(link.href).searchParams.get("service");
    if (!offer[code]) return; // the server knows more of it
    event.preventDefault();
    choose(code);
    if (lost) {
      lost();
      [service.value, lost] = [code, null];
    }
    chosen.querySelector("strong").focus();
  });
  chosen.querySelector("button").addEventListener("click", () => {
    [list.hidden, chosen.hidden, form.hidden] = [false, true, true];
    list.querySelector("input, summary, a").focus();
  });

  // The worker shows this page at the addresses of the form too: what they say of the place stays said.
  const asked = new URLSearchParams(location.search);
  if (!asked.has("look")) {
    for (const name of ["lat", "long", "address"]) form.elements[name].value = asked.get(name) ?? "";
  }
  if (offer[asked.get("service")]) choose(asked.get("service"));
  let isLost = false;
  const refill = await draft(form, (report) => {
    const code = value(report.fields, "service");
    if (offer[code]) choose(code);
    else isLost = true;
  });
  lost = isLost ? refill : null;
  sayPlace();
}
