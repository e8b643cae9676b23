// js/components/held.js: a small form that is pressed where nobody answers stays as it was typed, says so, and is sent
// once somebody does. Without this it is sent as any other form, and the browser shows an error page of its own.
const PAUSE = 5_000; // milliseconds until the next look
const AWAY = [502, 503, 504]; // nobody of ours answered, or is not able to now
const stay = (event) => event.preventDefault(); // the browser asks before the page is left

/** Return whether the city's server answers, with a token of today: the page may have waited since yesterday. */
async function look(door) {
  try {
    const answer = await fetch(door, { cache: "no-store" });
    const { token } = await answer.json().catch(() => ({}));
    return { isThere: !AWAY.includes(answer.status), token };
  } catch (error) {
    console.info("No connection; the form waits.", error);
    return { isThere: false };
  }
}

export default function held(form) {
  const { token: door, held: words } = document.querySelector(".waiting")?.dataset ?? {};
  if (!door) return;
  const said = form.appendChild(Object.assign(document.createElement("p"), { role: "status" }));
  let pressed = null;
  let timer = 0;
  let [isLooking, isSure] = [false, false];

  async function send() {
    if (isLooking) return;
    clearTimeout(timer);
    isLooking = true;
    const { isThere, token } = await look(door);
    isLooking = false;
    if (!isThere) {
      [said.className, said.textContent] = ["govuk-inset-text", words];
      window.addEventListener("beforeunload", stay);
      timer = setTimeout(send, PAUSE);
      return;
    }
    timer = 0;
    window.removeEventListener("beforeunload", stay);
    if (token) form.elements.csrf_token.value = token;
    isSure = true;
    form.requestSubmit(pressed);
    isSure = false;
  }

  form.addEventListener("submit", (event) => {
    if (isSure) return;
    event.preventDefault();
    pressed = event.submitter;
    send();
  });
  window.addEventListener("online", () => { if (timer) send(); });
}
