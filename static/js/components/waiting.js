// js/components/waiting.js: the line on every page that says what this phone holds, and what it holds is sent.
// It also brings the service worker, which makes the form work without a connection.
import { all, onChange } from "../phone/store.js";

const URGENT = ["needs", "waiting", "draft"]; // the first of them that there is is said

/** Start the worker once the page stands, and give it the addresses to keep in the language of the page. */
async function bring({ worker, form, phone, offer }) {
  try {
    await navigator.serviceWorker.register(worker, { type: "module", updateViaCache: "none" });
    const { active } = await navigator.serviceWorker.ready;
    active.postMessage({ form, phone, offer });
  } catch (error) {
    console.info("This browser has no form for later; what is written is kept all the same.", error);
  }
}

export default async function waiting(root) {
  if (navigator.serviceWorker) {
    if (document.readyState === "complete") bring(root.dataset);
    else window.addEventListener("load", () => bring(root.dataset), { once: true });
  }
  const lines = [...root.querySelectorAll("[data-state]")];
  const show = async () => {
    const states = new Set((await all()).map((report) => report.state));
    if (document.querySelector("form[data-token]")) states.delete("draft"); // it says so itself
    const said = URGENT.find((state) => states.has(state));
    for (const line of lines) line.hidden = line.dataset.state !== said;
    root.hidden = !said;
    return states.has("waiting");
  };
  const send = async (atOnce) => {
    if (await show()) (await import("../phone/send.js")).keepSending(atOnce);
  };
  onChange(show);
  window.addEventListener("online", () => send(true));
  document.addEventListener("visibilitychange", () => { if (!document.hidden) send(false); });
  await send(false);
}
