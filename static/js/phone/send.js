// js/phone/send.js: sends what waits on the phone, from a page or from the service worker, one at a time.
// A report stays until the server said that it has it. If the answer is lost, it is sent again with the same id
// and the same content, and the server answers as it did the first time.
import { all, change, find, unpacked } from "./store.js";

const FIRST = 5_000; // milliseconds until the second try; each further one takes twice as long
const LONGEST = 15 * 60_000; // where the server refuses: it has enough to do
const UNHEARD = 60_000; // where nobody answers: a connection comes without telling
const PATIENCE = 5 * 60_000; // three photos on the slowest line
const CONFLICTS = 3; // "it is just being written" passes; "sent with other words" stays

/** Ask an address of ours for JSON. Returns {status, told, wait}: `told` is {} where the answer was no JSON. */
async function ask(address, options = {}) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE);
  try {
    const answer = await fetch(address, { cache: "no-store", redirect: "error", signal: stop.signal,
      headers: { Accept: "application/json" }, ...options });
    const told = await answer.json().catch(() => ({}));
    return { status: answer.status, told, wait: 1000 * Number(answer.headers.get("Retry-After") ?? 0) || 0 };
  } catch (error) {
    console.info("No answer; it stays on the phone.", error);
    return { status: 0, told: {}, wait: 0 };
  } finally {
    clearTimeout(timer);
  }
}

async function post(report) {
  const door = await ask(report.token); // the token of a page that was opened yesterday would be refused
  if (!door.told.token) return door;
  const form = new FormData();
  report.fields.forEach(([name, value]) => form.append(name, value));
  report.photos.forEach((photo) => form.append("photo", unpacked(photo)));
  form.set("csrf_token", door.told.token);
  return ask(report.action, { method: "POST", body: form });
}

/** Return the report as it stands after an answer. */
function after(report, { status, told, wait }) {
  if (told.reference) {
    const { id, title, place } = report;
    return { id, title, place, state: "sent", reference: told.reference, url: told.url, changed: Date.now() };
  }
  const tries = (report.tries ?? 0) + 1;
  if (told.errors && !(status === 409 && tries < CONFLICTS)) {
    return { ...report, state: "needs", errors: told.errors, said: "", tries: 0, next: 0 };
  }
  const pause = Math.min(FIRST * 2 ** (tries - 1), status ? LONGEST : UNHEARD) * (1 + Math.random() / 4);
  return { ...report, tries, next: Date.now() + Math.max(pause, wait), said: told.said ?? "" };
}

const isWaiting = (report) => report?.state === "waiting";

/** Send one report. Returns it as it stands then, and whether trying the next one makes sense. */
async function send(id) {
  const report = await find(id);
  if (!isWaiting(report)) return { report, goOn: true }; // another tab was faster
  const answer = await post(report);
  const now = await change(id, (kept) => {
    // What was changed or deleted while it travelled stays so, unless the server has it already.
    if (answer.told.reference || isWaiting(kept)) return after(kept ?? report, answer);
    return kept;
  });
  return { report: now, goOn: answer.status !== 0 && answer.status !== 429 };
}

const alone = (work) => (navigator.locks ? navigator.locks.request("civic-send", work) : work());

/** Send one report now. Returns it as it stands then. */
export const sendOne = (id) => alone(async () => (await send(id)).report);

/** Send what waits and is due; everything that waits where `atOnce`. Returns what waits still. */
export async function sendAll(atOnce = false) {
  await alone(async () => {
    for (const { id, next = 0 } of (await all()).filter(isWaiting).reverse()) {
      if (!atOnce && next > Date.now()) continue;
      if (!(await send(id)).goOn) break; // no connection, or too much at once: the others would fare the same
    }
  });
  return (await all()).filter(isWaiting);
}

/** Ask the browser to wake the service worker once there is a connection, also after the page was closed. */
async function askForSync() {
  try {
    const worker = await navigator.serviceWorker?.getRegistration();
    await worker?.sync?.register("reports");
  } catch (error) {
    console.info("It is sent when a page is open.", error);
  }
}

let timer = 0;

/** Keep sending while this page is open. */
export async function keepSending(atOnce = false) {
  clearTimeout(timer);
  const left = await sendAll(atOnce);
  if (!left.length) return;
  await askForSync();
  const next = Math.min(...left.map((report) => report.next ?? 0));
  clearTimeout(timer);
  timer = setTimeout(keepSending, Math.max(next - Date.now(), 1000));
}
