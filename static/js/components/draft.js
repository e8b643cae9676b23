// js/components/draft.js: what is typed into the form is kept on the phone, with its photos, until the server
// says that it has the report. Without this the form is sent as any other, and nothing is kept.
import { showFaults } from "../phone/faults.js";
import { fill, isTouched, newId, putPhotos, typed, value } from "../phone/fields.js";
import { all, change, find, forget, onChange, packed } from "../phone/store.js";

const PAUSE = 400; // milliseconds without a key before it is kept
const PLACE = ["service", "lat", "long", "address", "area"]; // what makes two forms the same
const give = (error) => console.info("Nothing can be kept here.", error);
const photoField = (form) => form.querySelector("input[type=file]");
const sender = () => import("../phone/send.js"); // not needed before something was typed
const packedPhotos = (form) => Promise.all([...photoField(form)?.files ?? []].map(packed));

/** Return the draft that was begun here: named in the address, or of the same thing at the same place. One that was
    refused as a whole, as when the city has another report under its id, is no beginning of the next one. */
async function earlier(form) {
  if (await find(form.elements.id.value)) return null; // the server shows what was just sent, with what is wrong
  const named = await find(location.hash.slice(1));
  if (named && named.state !== "sent") return named;
  const moved = await find(form.dataset.draft ?? "");
  if (moved && moved.state !== "sent") return moved;
  const here = PLACE.map((name) => [name, form.elements[name]?.value ?? ""]);
  if (!value(here, "lat") && !value(here, "area")) return null;
  return (await all()).find(({ state, errors, fields }) => (state === "draft" || (state === "needs" && !errors.form))
    && here.every(([name, words]) => value(fields, name) === words));
}

/** Return the form as it is kept. */
function report(form, state, photos) {
  const { id, address, area } = form.elements;
  if (!id.value) id.value = newId();
  const place = address.value || area?.selectedOptions[0]?.label || form.dataset.place;
  return { id: id.value, state, title: form.dataset.title, place, fields: typed(form), photos, action: form.action,
    token: new URL(form.dataset.token, location).href, changed: Date.now() };
}

/** Keep a form. `prepare(report)` makes its fields, where they are not there before one knows what to fill in.
    Returns what fills them in once more. */
export default async function draft(form, prepare = () => {}) {
  const part = (name) => document.querySelector(`.saved__${name}`);
  const [saved, waits, sending] = ["line", "waits", "sending"].map(part);
  const { id } = form.elements;
  let photos = [];
  let timer = 0;
  let last = Promise.resolve();
  let isChanged = false; // since it was kept
  let isDeaf = false; // while it is filled, and after it was sent
  let isSending = false;

  /** Keep the form as it stands now, one time after the other. What was sent is not overwritten. */
  function keep(state = "draft") {
    clearTimeout(timer);
    isChanged = false;
    const now = report(form, state, photos);
    last = last.catch(() => {}).then(() => change(now.id, (old) => (old?.state === "sent" ? old : now)));
    return last;
  }

  async function look() { // another page, or the worker, may have sent it meanwhile
    const now = id.value && !isSending && await find(id.value);
    if (now?.state === "sent" && !isSending) location.replace(now.url);
  }

  async function begin() {
    await keep();
    sender().catch(give); // now, as there may be no connection later
    if (!location.hash) history.replaceState(history.state, "", `#${id.value}`);
    if (saved.hidden) navigator.storage?.persist?.();
    saved.hidden = false;
  }

  async function onTyped({ target, type }) {
    if (isDeaf || !target.name) return;
    isChanged = true;
    if (target.type === "file") photos = await packedPhotos(form);
    if (isDeaf) return; // it was sent meanwhile
    clearTimeout(timer);
    timer = setTimeout(() => begin().catch(give), type === "input" ? PAUSE : 0);
  }

  /** Say what became of sending: the report's page, what to correct, or that it waits. */
  function answer(now) {
    isSending = now.state === "sent"; // then this page is on its way to it
    if (isSending) {
      location.assign(`${now.url}${now.url.includes("?") ? "&" : "?"}sent=1`);
    } else if (now.state === "needs") {
      isDeaf = false;
      showFaults(form, now.errors);
    } else {
      [form.hidden, saved.hidden, waits.hidden] = [true, true, false];
      waits.focus();
    }
  }

  async function send() {
    const button = form.querySelector("button:not([type])");
    showFaults(form, {});
    [isDeaf, isSending] = [true, true]; // what comes now, like a photo that is small at last, comes too late
    clearTimeout(timer);
    [button.disabled, sending.hidden] = [true, false];
    photos = await packedPhotos(form);
    const waiting = await keep("waiting");
    try {
      const { sendOne, keepSending } = await sender();
      answer(waiting.state === "sent" ? waiting : await sendOne(id.value));
      if (!waits.hidden) await keepSending();
    } catch (error) {
      give(error);
      answer(waiting); // it is kept, and another page sends it
    }
    [button.disabled, sending.hidden] = [false, true];
  }

  ["input", "change", "photos"].forEach((kind) => form.addEventListener(kind, onTyped));
  document.addEventListener("visibilitychange", () => {
    if (document.hidden && isChanged && !isDeaf) keep().catch(give);
  });
  onChange(() => look().catch(give));
  form.addEventListener("submit", (event) => {
    if (event.submitter?.name) return; // to see first what everybody will see
    event.preventDefault();
    send().catch((error) => {
      give(error);
      form.submit(); // as any other form
    });
  });
  for (const link of document.querySelectorAll("[data-moves]")) { // what was typed goes along to another place
    link.addEventListener("click", () => {
      if (saved.hidden && !isChanged) return;
      const there = new URL(link.href);
      there.searchParams.set("draft", id.value);
      link.href = there.href;
    });
  }
  part("forget").addEventListener("click", async () => {
    clearTimeout(timer);
    await last;
    await forget(id.value);
    location.replace(location.pathname + location.search);
  });

  const wasTouched = isTouched(form);
  const before = wasTouched ? null : await earlier(form);
  if (wasTouched) await onTyped({ target: photoField(form) ?? form.elements.description, type: "change" });
  if (!before) return () => {};
  const isMoved = before.id === form.dataset.draft; // then what this page says of the place holds
  const fields = isMoved ? [...before.fields.filter(([name]) => ![...PLACE, "along"].includes(name)),
    ...PLACE.map((name) => [name, form.elements[name]?.value ?? ""])] : before.fields;
  const refill = () => {
    isDeaf = true;
    fill(form, fields);
    photos = before.photos;
    putPhotos(form, photos);
    isDeaf = false;
  };
  id.value = before.id;
  prepare(before);
  refill();
  saved.hidden = false;
  if (isMoved) await begin();
  else if (before.state === "needs" && before.action === form.action) showFaults(form, before.errors);
  return refill;
}
