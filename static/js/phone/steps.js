// js/phone/steps.js: what was done on a round and is on the phone: kept, and sent exactly once, in order per report.
// The round's page and the service worker share it. One step:
//   key      the UUID made for it: the server takes it once, and answers it alike as often as it is sent
//   owner    who did it: nobody else's session sends it;  stop, reference  where
//   kind     "start" | "finish" | "photo" | "close" | "no_access" | "drop"
//   state    "waiting" | "needs" | "conflict" (another did something meanwhile) | "signin" | "done"
//   fields   [[name, value], …];  photos  as in store.js;  at  when it was tapped (milliseconds)
//   seen     how many events the report had on the page;  after  key of the step before it at this stop
//   action, token           where it is sent, and where a fresh token for that is had
//   tries, next, said       as in store.js;  errors;  both  {conflict, status, since}: the other side
//   answer   what the server said once it had it
import { createStore, del, get, update, values } from "../../vendor/idb-keyval/index.js";
import { unpacked } from "./store.js";

const steps = createStore("civic-field", "steps");
const others = "BroadcastChannel" in self ? new BroadcastChannel("civic-field") : null;
const listeners = new Set();
const FIRST = 3_000; // milliseconds until the second try; each further one takes twice as long
const LONGEST = 10 * 60_000;
const UNHEARD = 60_000;
const PATIENCE = 5 * 60_000;

const tell = () => {
  others?.postMessage("changed");
  listeners.forEach((listener) => listener());
};

/** Call `listener` whenever a step on this phone changed, here or in another tab. */
export function onStep(listener) {
  listeners.add(listener);
  others?.addEventListener("message", listener);
}

/** Return all steps in the order in which they were done. */
export const allSteps = async () => (await values(steps)).sort((one, other) => one.turn - other.turn);

export async function changeStep(key, made) {
  let kept;
  await update(key, (old) => { kept = made(old); return kept; }, steps);
  tell();
  return kept;
}

export async function forgetStep(key) {
  await del(key, steps);
  tell();
}

/** Let go of what the server has. */
export async function forgetSent() {
  for (const step of await allSteps()) if (step.state === "done") await forgetStep(step.key);
}

/** Keep a new step behind all others. */
export async function addStep(step) {
  const before = await allSteps();
  const turn = Math.max(0, ...before.map((one) => one.turn)) + 1;
  const last = before.filter((one) => one.stop === step.stop && one.owner === step.owner).at(-1);
  return changeStep(step.key, () => ({ ...step, turn, after: last?.key ?? "", state: "waiting" }));
}

async function ask(address, options = {}) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE);
  try {
    const answer = await fetch(address, { cache: "no-store", redirect: "manual", signal: stop.signal,
      headers: { Accept: "application/json" }, ...options });
    const told = await answer.json().catch(() => ({}));
    // A session that ended is sent to the sign-in page, or told so.
    const status = answer.type === "opaqueredirect" ? 401 : answer.status;
    return { status, told, wait: 1000 * Number(answer.headers.get("Retry-After") ?? 0) || 0 };
  } catch (error) {
    console.info("No answer; it stays on the phone.", error);
    return { status: 0, told: {}, wait: 0 };
  } finally {
    clearTimeout(timer);
  }
}

async function post(step) {
  const door = await ask(step.token);
  if (!door.told.token) return door;
  const form = new FormData();
  step.fields.forEach(([name, value]) => form.append(name, value));
  step.photos.forEach((photo) => form.append("photo", unpacked(photo)));
  const { key, kind, seen, after, owner, at } = step;
  const about = { key, kind, seen, after, owner, at, sent: Date.now(), csrf_token: door.told.token };
  Object.entries(about).forEach(([name, value]) => form.set(name, value));
  return ask(step.action, { method: "POST", body: form });
}

/** Return the step as it stands after an answer. Only a server that says it has it lets it go. */
function after(step, { status, told, wait }) {
  if (told.done) {
    return { ...step, state: "done", answer: told, fields: [], photos: [], said: "", errors: {}, both: null };
  }
  if (told.conflict) return { ...step, state: "conflict", both: told, said: "", tries: 0 };
  if (told.errors) return { ...step, state: "needs", errors: told.errors, said: "", tries: 0 };
  if (status === 401 || told.signin) return { ...step, state: "signin", said: told.said ?? "", tries: 0 };
  const tries = (step.tries ?? 0) + 1;
  const pause = Math.min(FIRST * 2 ** (tries - 1), status ? LONGEST : UNHEARD) * (1 + Math.random() / 4);
  return { ...step, tries, next: Date.now() + Math.max(pause, wait), said: told.said ?? "" };
}

const isToSend = (step) => step?.state === "waiting" || step?.state === "signin";
const alone = (work) => (navigator.locks ? navigator.locks.request("civic-field-send", work) : work());

/** Send what waits and is due; all of it where `atOnce`. Returns what waits still.
    A step that must wait, or needs somebody, holds back only those behind it at its own report. */
export async function sendSteps(atOnce = false) {
  await alone(async () => {
    const held = new Set();
    for (const { key, reference } of await allSteps()) {
      const step = await get(key, steps); // another tab may have been faster
      if (!step || step.state === "done") continue;
      const isDue = atOnce || (step.state === "waiting" && (step.next ?? 0) <= Date.now());
      if (held.has(reference) || !isToSend(step) || !isDue) { held.add(reference); continue; }
      const answer = await post(step);
      const now = await changeStep(key, (kept) => {
        if (!kept) return answer.told.done ? after(step, answer) : kept;
        // What was changed while it travelled stays so, unless the server has it already.
        return answer.told.done || isToSend(kept) ? after(kept, answer) : kept;
      });
      if (now?.state !== "done") held.add(reference);
      if (answer.status === 0 || answer.status === 401 || answer.status === 429) break;
    }
  });
  return (await allSteps()).filter((step) => step.state === "waiting");
}

async function askForSync() {
  try {
    const worker = await navigator.serviceWorker?.getRegistration();
    await worker?.sync?.register("round");
  } catch (error) {
    console.info("It is sent when the round is open.", error);
  }
}

let timer = 0;

/** Keep sending while this page is open. */
export async function keepSendingSteps(atOnce = false) {
  clearTimeout(timer);
  const left = await sendSteps(atOnce);
  if (!left.length) return;
  await askForSync();
  const next = Math.min(...left.map((step) => step.next ?? 0));
  clearTimeout(timer);
  timer = setTimeout(keepSendingSteps, Math.max(next - Date.now(), 1000));
}
