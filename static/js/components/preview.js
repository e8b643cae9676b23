// js/components/preview.js: what is sent from the page that showed it first stays on the phone until the server has
// it, like what is sent from its form. Without this it is sent as any other form, and the draft stays behind.
import { showFaults } from "../phone/faults.js";
import { typed } from "../phone/fields.js";
import { keepSending, sendOne } from "../phone/send.js";
import { change, find } from "../phone/store.js";

const PHOTO = "photo_kept"; // a photo that came to the server with this page
const isPhoto = ([name]) => name === PHOTO;

/** Return the draft as this page shows it, ready to be sent: with the phone's own photos where they are the same. */
function waiting(draft, form) {
  const fields = typed(form);
  const areSame = draft.photos.length === fields.filter(isPhoto).length;
  const token = new URL(form.dataset.token, location).href; // the page may speak another language than the form did
  return { ...draft, state: "waiting", changed: Date.now(), tries: 0, next: 0, action: form.action, token,
    photos: areSame ? draft.photos : [], fields: areSame ? fields.filter((field) => !isPhoto(field)) : fields };
}

export default function preview(form) {
  const part = (name) => document.querySelector(`.saved__${name}`);

  async function send() {
    const { id } = form.elements;
    const draft = await find(id.value);
    if (!draft || draft.state === "sent") return form.submit(); // nothing is kept here
    const button = form.querySelector("button:not([name])");
    [button.disabled, part("sending").hidden] = [true, false];
    showFaults(form, {});
    await change(id.value, (old) => (old?.state === "sent" ? old : waiting(draft, form)));
    const now = await sendOne(id.value);
    [button.disabled, part("sending").hidden] = [false, true];
    if (now.state === "sent") return location.assign(`${now.url}${now.url.includes("?") ? "&" : "?"}sent=1`);
    if (now.state === "needs") return showFaults(form, now.errors);
    document.querySelector(".previewed").hidden = true;
    part("waits").hidden = false;
    part("waits").focus();
    return keepSending();
  }

  form.addEventListener("submit", (event) => {
    if (event.submitter?.name) return; // back to the form, to change it
    event.preventDefault();
    send().catch((error) => {
      console.info("Nothing can be kept here.", error);
      form.submit();
    });
  });
}
