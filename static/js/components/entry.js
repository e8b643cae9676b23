// js/components/entry.js: once a place or a service is chosen, what hangs on it stands there at once. Without this
// the buttons "Search" and "Show its questions" do the same; either way the server says what belongs there.
import { start } from "../start.js";

const TYPED = "input:not([type=hidden], [type=file]), textarea, select";

/** Put the fresh part in the place of the old one. */
function renew(part, fresh) {
  part.replaceChildren(...fresh.childNodes);
  start(part);
}

/** Keep in the fresh part what was typed into the old one while the server was asked. */
function keep(part, fresh) {
  for (const field of part.querySelectorAll(TYPED)) {
    const twin = fresh.querySelector(`#${CSS.escape(field.id)}`);
    if (!twin) continue;
    if (field.type === "radio" || field.type === "checkbox") twin.checked = field.checked;
    else twin.value = field.value;
  }
}

export default function entry(form) {
  const beside = form.querySelector("#beside");
  const said = form.querySelector("#told");
  let asked = 0;

  async function look(parts) {
    const turn = ++asked;
    const told = new FormData(form);
    told.set("do", "look");
    if (!parts.includes("questions")) told.delete("photo"); // else they come back as kept by the server
    beside.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.action, { method: "POST", body: told });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (turn !== asked || !page.querySelector(".entry")) return;
      const held = document.activeElement?.id;
      for (const id of parts) {
        const [part, fresh] = [form, page].map((root) => root.querySelector(`#${id}`));
        if (id === "questions" || id === "contact") keep(part, fresh);
        renew(part, fresh);
      }
      if (parts.includes("places")) {
        said.textContent = form.querySelector("#places :is(legend, [role=status])")?.textContent ?? "";
      }
      if (held) document.getElementById(held)?.focus({ preventScroll: true });
    } catch (error) {
      form.classList.remove("is-live"); // the button still does it
      console.info("The button shows it.", error);
    } finally {
      beside.removeAttribute("aria-busy");
    }
  }

  form.classList.add("is-live");
  form.addEventListener("change", ({ target }) => {
    if (target.name === "place") look(["beside", "said"]);
    else if (target.name === "service") look(["beside", "said", "questions", "contact", "description-hint"]);
    else if (target.name.startsWith("answer-") || target.name === "received") look(["said"]);
  });
  form.addEventListener("submit", (event) => {
    if (event.submitter?.value !== "find") return;
    event.preventDefault();
    look(["places", "beside", "said"]);
  });
}
