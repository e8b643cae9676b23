// js/phone/worker.js: the service worker. Without a connection it answers with the form that needs none, and it
// sends what waits once the browser says that there is a connection. It keeps the files of that form, that form,
// the list of this phone's reports and the city's offer, all in the language used last; no other page.
import { sendAll } from "./send.js";

const LATE = 10_000; // milliseconds after which a line counts as dead
const FRESH = 60 * 60_000; // how long the offer is taken as it is

/**
 * Hang the worker's work. `stamp` changes with any of our files, `city` with what the city offers; `files` are
 * those that the form needs.
 */
export function work({ stamp, city, files }) {
  const name = `civic-${stamp}-${city}`;
  const kept = (part) => new URL(`kept/${part}`, self.registration.scope).href; // a key, no address
  const fromKept = (part) => caches.match(kept(part), { ignoreVary: true });

  /** Keep the pages at these addresses: {form, phone, offer}. All of them or none, so that they fit together. */
  async function keep(addresses) {
    const cache = await caches.open(name);
    const parts = Object.entries(addresses);
    // As a stranger: nobody else who uses the phone shall see who is signed in.
    const asked = { credentials: "omit", cache: "no-cache" };
    const answers = await Promise.all(parts.map(([, address]) => fetch(address, asked)));
    if (!answers.every((answer) => answer.ok)) throw new Error("the form could not be kept for later");
    await Promise.all(parts.map(([part], at) => cache.put(kept(part), answers[at])));
  }

  async function isFresh(addresses) {
    const cache = await caches.open(name);
    const there = await Promise.all(Object.entries(addresses).map(async ([part, address]) => {
      const answer = await cache.match(kept(part), { ignoreVary: true });
      return answer?.url === new URL(address, self.location).href
        && Date.now() - Date.parse(answer.headers.get("date")) < FRESH;
    }));
    return there.every(Boolean);
  }

  async function install() {
    const cache = await caches.open(name);
    await cache.addAll(files);
    const before = await Promise.all(["form", "phone", "offer"].map(
      async (part) => [part, (await fromKept(part))?.url]));
    // The pages that the version before kept name its files: they are fetched anew, or it stays in office.
    if (before.every(([, address]) => address)) await keep(Object.fromEntries(before));
    await self.skipWaiting();
  }

  async function activate() {
    const old = (await caches.keys()).filter((key) => key.startsWith("civic-") && key !== name);
    await Promise.all(old.map((key) => caches.delete(key)));
    await self.clients.claim();
  }

  /** Ask the network; where it is dead, late or has no server behind it, take what is kept, if it is. */
  async function either(request, part) {
    const spare = await fromKept(part);
    if (!spare) return fetch(request);
    const late = new Promise((done) => { setTimeout(done, LATE, spare); });
    try {
      const answer = await Promise.race([fetch(request), late]);
      return [502, 503, 504].includes(answer.status) ? spare : answer;
    } catch (error) {
      console.info("No connection; this is kept on the phone.", error);
      return spare;
    }
  }

  self.addEventListener("install", (event) => event.waitUntil(install()));
  self.addEventListener("activate", (event) => event.waitUntil(activate()));
  self.addEventListener("message", (event) => {
    const kept = isFresh(event.data).then((is) => is || keep(event.data));
    event.waitUntil(kept.catch((error) => console.info("What was kept before stays.", error)));
  });
  self.addEventListener("sync", (event) => event.waitUntil(sendAll(true).then((left) => {
    if (left.length) throw new Error("not all was sent; the browser tries again"); // that is how it is told
  })));
  self.addEventListener("fetch", (event) => {
    const { request } = event;
    const { origin, pathname } = new URL(request.url);
    if (request.method !== "GET" || origin !== self.location.origin) return;
    if (pathname.endsWith("/report/offer.json")) event.respondWith(either(request, "offer"));
    else if (request.mode === "navigate") {
      if (/\/(staff|sign-in)(\/|$)/.test(pathname)) return; // the desk is no place to write a report
      event.respondWith(either(request, /\/report(\/offline)?\/?$/.test(pathname) ? "form" : "phone"));
    } else if (pathname.includes("/static/") || pathname.endsWith("/theme.css")) { // stamped: they never change
      event.respondWith(caches.match(request, { ignoreVary: true }).then((found) => found ?? fetch(request)));
    } else if (pathname.endsWith("/logo")) {
      event.respondWith(fetch(request).catch(() => caches.match(request, { ignoreVary: true })));
    }
  });
}
