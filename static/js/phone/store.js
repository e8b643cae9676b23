// js/phone/store.js: the reports that a phone holds: drafts, those that wait to be sent, and those that were.
// Pages and the service worker share it. One report:
//   id       the UUID of its form, and so of the report: the server takes it once
//   state    "draft" | "waiting" | "needs" (the server refused it; `errors` says why) | "sent"
//   title, place            words for the list
//   action, token           where it is sent, and where a fresh token for that is had
//   fields   [[name, value], …] as typed;  photos  [{name, type, lastModified, bytes}, …] as they will travel
//   tries, next             how often sending failed; when it is tried again (milliseconds since 1970)
//   said     why it was not sent the last time;  errors  {field: [sentences]}
//   reference, url          what the server answered
// Photos are kept as bytes: some phones lose a Blob that they were given to keep.
import { createStore, del, get, update, values } from "../../vendor/idb-keyval/index.js";

const reports = createStore("civic", "reports");
const others = "BroadcastChannel" in self ? new BroadcastChannel("civic") : null;
const listeners = new Set();

const tell = () => {
  others?.postMessage("changed");
  listeners.forEach((listener) => listener());
};

/** Call `listener` whenever a report on this phone changed, here or in another tab. */
export function onChange(listener) {
  listeners.add(listener);
  others?.addEventListener("message", listener);
}

/** Return all reports, the one that was touched last first. */
export async function all() {
  return (await values(reports)).sort((one, other) => other.changed - one.changed);
}

export const find = (id) => get(id, reports);

/** Change a report in one go; `made` gets what is there, or undefined, and returns what shall be. */
export async function change(id, made) {
  let kept;
  await update(id, (old) => { kept = made(old); return kept; }, reports);
  tell();
  return kept;
}

export async function forget(id) {
  await del(id, reports);
  tell();
}

/** Return a file as it is kept. */
export async function packed(file) {
  const { name, type, lastModified } = file;
  return { name, type, lastModified, bytes: await file.arrayBuffer() };
}

/** Return a kept photo as a file, byte for byte. */
export const unpacked = ({ bytes, name, ...about }) => new File([bytes], name, about);
