// js/phone/worker.js: the service worker. Without a connection it answers with the form that needs none, and it
// sends what waits once the browser says that there is a connection. It keeps the files of that form, that form,
// the list of this phone's reports and the city's offer, all in the language used last; no other page.
// Beside that it keeps one page of the desk, a round, for its day: round_kept.js.
import { forgetRound, keptRound, ofRound } from "./round_kept.js";
import { sendAll } from "./send.js";
import { forgetSent, sendSteps } from "./steps.js";

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
  /** Show the round from the network; what is kept of it where there is none, or none of ours answers. */
  async function round(request) {
    const late = new Promise((done) => { setTimeout(done, LATE); }); // what is kept comes then, where it is
    const asked = fetch(request);
    try {
      const answer = await Promise.race([asked, late.then(async () => await keptRound() ?? asked)]);
      if (answer.type === "opaqueredirect" || answer.redirected) await forgetRound(); // nobody is signed in
      return [502, 503, 504].includes(answer.status) ? await keptRound() ?? answer : answer;
    } catch (error) {
      const kept = await keptRound();
      if (kept) return kept;
      throw error;
    }
  }

  self.addEventListener("sync", (event) => event.waitUntil((
    event.tag === "round" ? sendSteps : sendAll)(true).then((left) => {
    if (left.length) throw new Error("not all was sent; the browser tries again"); // that is how it is told
  })));
  self.addEventListener("fetch", (event) => {
    const { request } = event;
    const { origin, pathname } = new URL(request.url);
    if (request.method === "POST" && pathname.endsWith("/sign-out")) event.waitUntil(Promise.all([forgetRound(), forgetSent()]));
    if (request.mode === "navigate") event.waitUntil(keptRound()); // which looks whether its day is over
    if (request.method !== "GET" || origin !== self.location.origin) return;
    if (pathname.endsWith("/report/offer.json")) event.respondWith(either(request, "offer"));
    else if (request.mode === "navigate") {
      if (/\/staff\/round\/?$/.test(pathname)) { event.respondWith(round(request)); return; }
      if (/\/(staff|sign-in)(\/|$)/.test(pathname)) return; // the desk is no place to write a report
      event.respondWith(either(request, /\/report(\/offline)?\/?$/.test(pathname) ? "form" : "phone"));
    } else if (pathname.includes("/static/") || pathname.endsWith("/theme.css")) { // stamped: they never change
      event.respondWith(caches.match(request, { ignoreVary: true }).then((found) => found ?? fetch(request)));
    } else if (pathname.includes("/media/") || pathname.endsWith("/map.svg")) { // a round's photos and maps are on the phone as long as it is
      event.respondWith(fetch(request).catch(async (error) => {
        const kept = await ofRound(request);
        if (kept) return kept;
        throw error;
      }));
    } else if (pathname.endsWith("/logo")) {
      event.respondWith(fetch(request).catch(() => caches.match(request, { ignoreVary: true })));
    }
  });
}
