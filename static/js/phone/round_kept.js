// js/phone/round_kept.js: the round's page on the phone, with its pictures and files, until the end of its day or
// until somebody signs out. Nothing else of the desk is ever kept. Pages and the service worker share it.

const NAME = "field"; // not "civic-…": a new release leaves it alone, with the files this page names
const PAGE = "/kept/round"; // a key, no address
const UNTIL = "/kept/round-until";

/** Keep the page at `address` and what it needs. `until`: when its day ends, in milliseconds. */
export async function keepRound(address, needs, until) {
  const page = await fetch(address, { cache: "no-store", redirect: "manual" });
  if (page.type === "opaqueredirect") await forgetRound(); // nobody is signed in any more
  if (!page.ok) throw new Error("the round could not be kept");
  const cache = await caches.open(NAME);
  const wanted = new Set(needs);
  for (const key of await cache.keys()) {
    if (!wanted.has(key.url) && !new URL(key.url).pathname.startsWith("/kept/")) await cache.delete(key);
  }
  await cache.put(PAGE, page);
  await cache.put(UNTIL, new Response(String(until)));
  // A picture that is not there does not keep the page from being there.
  const put = async (one) => {
    if (await cache.match(one, { ignoreVary: true })) return;
    const answer = await fetch(one);
    if (answer.ok) await cache.put(one, answer);
  };
  const tried = (one) => put(one).catch((error) => console.info("This is not kept.", error));
  const isMap = (one) => new URL(one, location).pathname.endsWith("/map.svg");
  await Promise.all(needs.filter((one) => !isMap(one)).map(tried));
  for (const map of needs.filter(isMap)) await tried(map); // each is drawn for us: the server has others to serve
}

export const forgetRound = () => caches.delete(NAME);

/** Return the kept page; nothing, and nothing kept any more, once its day is over. */
export async function keptRound() {
  if (!await caches.has(NAME)) return null;
  const cache = await caches.open(NAME);
  const until = Number(await (await cache.match(UNTIL))?.text() ?? 0);
  if (Date.now() < until) return cache.match(PAGE);
  await forgetRound();
  return null;
}

export const ofRound = async (request) => (await caches.has(NAME)
  ? (await caches.open(NAME)).match(request, { ignoreVary: true }) : null);
