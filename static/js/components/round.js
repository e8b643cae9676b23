// js/components/round.js: a round works without a connection. Its forms work as they are; with this, what is done
// goes into a queue on the phone first, stands at its stop at once, and is sent as soon as somebody answers.
import { fill, newId, putPhotos } from "../phone/fields.js";
import { forgetRound, keepRound } from "../phone/round_kept.js";
import { addStep, allSteps, changeStep, forgetSent, forgetStep, keepSendingSteps, onStep } from "../phone/steps.js";
import { packed } from "../phone/store.js";

const OURS = ["csrf_token", "key", "seen", "kind", "photo"]; // said anew whenever it is sent
const BECOMES = { start: "doing", finish: "finished", close: "done", no_access: "no_access" };
const NEARBY = { enableHighAccuracy: true, timeout: 15000, maximumAge: 30000 };
const give = (error) => console.info("This is not on the phone.", error);
const clockTime = (at) => new Date(at).toLocaleTimeString(document.documentElement.lang, { timeStyle: "short" });

/** Return the addresses of all that the page shows and runs. */
function needs() {
  const loaded = performance.getEntriesByType("resource").map((one) => one.name);
  const shown = [...document.images].map((one) => one.src);
  const named = [...document.querySelectorAll("link[href], script[src]")].map((one) => one.href ?? one.src);
  return [...new Set([...loaded, ...shown, ...named])].filter((one) => {
    const { origin, pathname } = new URL(one);
    return origin === location.origin && (/\/(static|media)\//.test(pathname) || /\/(theme\.css|logo|map\.svg)$/.test(pathname));
  });
}

/** Start the service worker, and let it keep the form for something new as well. */
async function bring({ worker, form, phone, offer }) {
  if (!navigator.serviceWorker) return;
  await navigator.serviceWorker.register(worker, { type: "module", updateViaCache: "none" });
  const { active } = await navigator.serviceWorker.ready;
  active.postMessage({ form, phone, offer });
}

export default async function round(root) {
  const part = (name, inside = root) => inside.querySelector(`.${name}`);
  const words = part("round__words").dataset;
  const { owner } = root.dataset;
  const kept = part("round__kept");
  const stops = () => [...root.querySelectorAll(".stop")];

  // What is on the phone

  async function keep() {
    if (!root.dataset.round) return;
    try {
      await keepRound(location.pathname + location.search, needs(), Date.parse(root.dataset.until));
      kept.textContent = kept.dataset.kept;
    } catch (error) {
      give(error);
      kept.textContent = kept.dataset.away;
    }
    kept.hidden = false;
  }

  const send = keepSendingSteps;

  // How a stop stands

  /** Show a stop as it stands with the steps that this page does not know of. */
  function show(stop, steps) {
    let { state, started } = stop.dataset;
    let seconds = Number(stop.dataset.seconds);
    let since = started ? Date.parse(started) : 0;
    for (const { kind, at } of steps) {
      if (kind === "start" && state !== "doing") since = at;
      else if (BECOMES[kind] && kind !== "start" && state === "doing") seconds += Math.max(0, at - since) / 1000;
      state = BECOMES[kind] ?? state;
    }
    part("stop__said", stop).textContent = words[state.replace("_", "")] ?? part("stop__said", stop).textContent;
    const time = part("stop__time", stop);
    time.textContent = seconds ? words.minutes.replace("{minutes}", (seconds / 60).toFixed(1)) : "";
    const button = (kind) => stop.querySelector(`[data-kind=${kind}] .stop__big`);
    if (button("start")) button("start").hidden = state === "doing";
    if (button("finish")) button("finish").hidden = state !== "doing";
  }

  /** Return the line of one step. */
  function line(stop, step, reference = "") {
    const made = part("round__step").content.firstElementChild.cloneNode(true);
    const { key, kind, state, errors = {}, both } = step;
    made.dataset.key = key;
    const outcome = step.fields.find(([name]) => name === "outcome")?.[1];
    const told = words[`outcome_${outcome}`];
    const said = step.fields.find(([name, value]) => ["reason", "note"].includes(name) && value)?.[1];
    const what = words[step.was ?? kind] + (told ? `: ${told}` : "");
    part("step-line__what", made).textContent = [reference, what].filter(Boolean).join(" · ");
    part("step-line__at", made).textContent = clockTime(step.at);
    for (const one of made.querySelectorAll("[data-state]")) one.hidden = one.dataset.state !== state;
    const trouble = part("step-line__said", made);
    trouble.textContent = state === "needs" ? Object.values(errors).flat().join(" ") : step.said ?? "";
    trouble.hidden = !trouble.textContent;
    const conflict = part("both", made);
    conflict.hidden = state !== "conflict";
    if (state === "conflict") {
      part("both__theirs", made).replaceChildren(...both.since.map((one) => Object.assign(
        document.createElement("li"), { textContent: [one.what, one.when, one.who, one.words].filter(Boolean).join(" · ") })));
      if (!both.since.length) part("both__theirs", made).textContent = both.conflict;
      part("both__status", made).textContent = both.status;
      part("both__mine", made).textContent = [what, said].filter(Boolean).join(" · ");
    }
    part("both__again", made).addEventListener("click", () => again(step).catch(give));
    const correct = part("step-line__correct", made);
    correct.hidden = state !== "needs" || stop === root || !formOf(stop, step);
    correct.addEventListener("click", () => reopen(stop, step));
    const ways = part("step-line__ways", made);
    ways.hidden = !["conflict", "needs"].includes(state);
    const why = part("step-line__why", made);
    why.id = `why-${key}`;
    part("step-line__label", made).htmlFor = why.id;
    why.addEventListener("input", () => why.setCustomValidity(""));
    part("step-line__drop", made).addEventListener("click", () => {
      if (why.value.trim()) drop(step, why.value.trim()).catch(give);
      else {
        why.setCustomValidity(words.needsWhy);
        why.reportValidity();
      }
    });
    return made;
  }

  let turn = 0;
  let sent = 0; // steps that the server had when the page was kept
  async function showAll() {
    const mine = ++turn;
    const found = await allSteps();
    if (mine !== turn || root.querySelector(".step-line__why:focus")?.value) return; // somebody writes just there
    for (const stop of stops()) {
      const here = found.filter((step) => step.stop === stop.dataset.stop && step.owner === owner);
      const fresh = here.filter((step) => step.state !== "done" || step.answer.events > Number(stop.dataset.events));
      show(stop, fresh);
      part("stop__steps", stop).replaceChildren(...fresh.map((step) => line(stop, step)));
      part("stop__steps", stop).hidden = !fresh.length;
    }
    const here = new Set(stops().map((stop) => stop.dataset.stop));
    const others = found.filter((step) => step.owner === owner && step.state !== "done" && !here.has(step.stop));
    part("round__others").replaceChildren(...others.map((step) => line(root, step, step.reference)));
    part("round__others").hidden = !others.length;
    const open = found.filter((step) => step.state !== "done" && step.owner === owner);
    const isForeign = found.some((step) => step.state !== "done" && step.owner !== owner);
    const done = found.filter((step) => step.state === "done").length;
    if (!open.some((step) => step.state === "waiting") && done > sent) {
      sent = done;
      keep().catch(give); // as it is now
    }
    const count = part("round__count");
    const urgent = ["needs", "conflict", "signin", "waiting"].find((state) => open.some((step) => step.state === state));
    part("round__queue").hidden = !open.length && !isForeign;
    part("round__foreign").hidden = !isForeign;
    part("round__send").hidden = !open.length;
    part("round__signin").hidden = urgent !== "signin";
    count.textContent = urgent ? `${count.dataset[urgent === "conflict" ? "needs" : urgent]} (${open.length})` : "";
  }

  // What somebody does

  /** Say what is still owed beside the field, as the server would; true where nothing is. */
  function isWhole(form, submitter) {
    const owed = form.elements.outcome?.selectedOptions?.[0]?.dataset.owes ?? "";
    const field = owed && form.elements[owed];
    const photo = submitter?.name === "stage" && form.querySelector("input[type=file]");
    const wrong = field && !field.value.trim() ? field : photo && !photo.files.length ? photo : null;
    if (!wrong) return true;
    wrong.setCustomValidity(wrong === photo ? words.choosePhoto : words.fillIn);
    wrong.addEventListener("input", () => wrong.setCustomValidity(""), { once: true });
    wrong.addEventListener("change", () => wrong.setCustomValidity(""), { once: true });
    wrong.reportValidity();
    return false;
  }

  async function take(form, submitter) {
    const at = Date.now();
    const stop = form.closest(".stop");
    const typed = [...new FormData(form)].filter(([name, value]) => !OURS.includes(name) && typeof value === "string");
    const fields = submitter?.name ? [...typed.filter(([name]) => name !== submitter.name),
      [submitter.name, submitter.value]] : typed;
    const input = form.querySelector("input[type=file]");
    const photos = await Promise.all([...input?.files ?? []].map(packed));
    const { stop: id, reference, events } = stop.dataset;
    const said = { fields, photos, at };
    const replaced = form.dataset.replaces;
    delete form.dataset.replaces;
    const fixed = replaced && await changeStep(replaced, (old) => (old?.state === "needs"
      ? { ...old, ...said, at: old.at, errors: {}, state: "waiting", next: 0 } : old));
    if (!fixed) {
      await addStep({ ...said, key: newId(), owner, stop: id, reference, kind: form.dataset.kind,
        seen: Number(events), action: form.action, token: new URL(root.dataset.token, location).href });
    }
    navigator.storage?.persist?.();
    form.querySelectorAll(".photo-list__remove").forEach((button) => button.click());
    form.reset();
    form.elements.outcome?.dispatchEvent(new Event("change")); // other fields belong to another outcome
    const folded = form.closest("details");
    if (folded) folded.open = false;
    stop.focus({ preventScroll: !folded });
  }

  /** Send a step on the state that its doer has seen now; those behind it at the report have seen it as well. */
  async function again(step) {
    for (const one of await allSteps()) {
      if (one.reference !== step.reference || one.turn < step.turn || one.state === "done") continue;
      await changeStep(one.key, (old) => old && { ...old, seen: Math.max(Number(old.seen), step.both.events),
        state: old.key === step.key ? "waiting" : old.state, both: null, next: 0 });
    }
    await send(true);
  }

  /** Tell the server what was done and that it is not to count. What it cannot take at all is let go. */
  async function drop(step, why) {
    await changeStep(step.key, (old) => old && { ...old, was: old.kind, kind: "drop", state: "waiting", next: 0,
      photos: [], both: null, fields: [...old.fields.filter(([name]) => name !== "why"), ["of", old.was ?? old.kind],
        ["why", why]] });
    await send(true);
    const now = (await allSteps()).find((one) => one.key === step.key);
    if (now?.state === "needs") await letGo(now);
  }

  async function letGo(step) {
    for (const one of await allSteps()) {
      if (one.after === step.key) await changeStep(one.key, (old) => old && { ...old, after: step.after });
    }
    await forgetStep(step.key);
    await send(true);
  }

  /** Return the form in which a step is corrected; none where the page has none any more. */
  const formOf = (stop, { kind }) => [...stop.querySelectorAll(`[data-kind=${kind}]`)].find(
    (one) => one.closest("details"));

  /** Put a refused step back into its form, to be corrected. */
  function reopen(stop, step) {
    const form = formOf(stop, step);
    fill(form, [...new FormData(form)].filter(([name]) => OURS.includes(name)).concat(step.fields));
    form.elements.outcome?.dispatchEvent(new Event("change"));
    putPhotos(form, step.photos);
    form.dataset.replaces = step.key;
    form.closest("details").open = true;
    form.querySelector("select, textarea, input:not([type=hidden])")?.focus();
  }

  root.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (!form.matches(".stop__form") || form.dataset.plain) return;
    event.preventDefault();
    if (!isWhole(form, submitter)) return;
    take(form, submitter).then(() => send(false)).catch((error) => {
      give(error);
      form.dataset.plain = "1"; // as any other form
      form.requestSubmit(submitter);
    });
  });
  part("round__send").addEventListener("click", () => send(true).catch(give));

  // Where one is

  const locate = () => new Promise((done, refuse) => {
    navigator.geolocation.getCurrentPosition(({ coords }) => done(coords), refuse, NEARBY);
  });

  /** Put the stops in order from here on the page alone: always the nearest next. */
  function sortHere({ latitude, longitude }) {
    const left = stops().filter((stop) => stop.dataset.lat && stop.dataset.state === "todo");
    const list = part("stops");
    let here = [latitude, longitude];
    const away = ({ dataset }) => Math.hypot(dataset.lat - here[0],
      (dataset.long - here[1]) * Math.cos((here[0] * Math.PI) / 180));
    while (left.length) {
      const next = left.reduce((best, stop) => (away(stop) < away(best) ? stop : best));
      left.splice(left.indexOf(next), 1);
      list.append(next);
      here = [Number(next.dataset.lat), Number(next.dataset.long)];
    }
  }

  async function sort(form) {
    const said = part("govuk-hint", form);
    let coords;
    try {
      coords = await locate();
    } catch (error) {
      console.info("No position.", error);
      said.textContent = said.dataset.refused;
      return;
    }
    form.elements.lat.value = coords.latitude.toFixed(6);
    form.elements.long.value = coords.longitude.toFixed(6);
    try {
      const answer = await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" });
      if (answer.type === "opaqueredirect") { location.reload(); return; }
    } catch (error) {
      console.info("The phone puts them in order.", error);
    }
    sortHere(coords);
    said.textContent = said.dataset.sorted;
  }

  const here = part("round__here");
  if (here && "geolocation" in navigator) {
    here.hidden = false;
    here.addEventListener("submit", (event) => { event.preventDefault(); sort(here).catch(give); });
  }
  part("round__new")?.addEventListener("click", async (event) => {
    event.preventDefault();
    const away = new URL(navigator.onLine ? event.currentTarget.href : root.dataset.form, location);
    try {
      const { latitude, longitude } = await locate();
      away.searchParams.set("lat", latitude.toFixed(6));
      away.searchParams.set("long", longitude.toFixed(6));
    } catch (error) {
      console.info("No position.", error);
    }
    location.assign(away);
  });

  // Begin

  document.querySelector("form[action$='/sign-out']")?.addEventListener("submit", () => { forgetRound(); forgetSent(); });
  for (const stop of stops()) { // what the page knows already needs no place on the phone
    for (const step of await allSteps()) {
      const isKnown = step.stop === stop.dataset.stop && step.state === "done"
        && step.answer.events <= Number(stop.dataset.events);
      if (isKnown) await forgetStep(step.key);
    }
  }
  onStep(() => showAll().catch(give));
  await showAll();
  window.addEventListener("online", () => send(true).catch(give));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) send(false).catch(give); });
  if (document.readyState !== "complete") await new Promise((done) => { window.addEventListener("load", done); });
  bring(root.dataset).catch(give);
  await keep();
  await send(true);
}
