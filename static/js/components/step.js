// js/components/step.js: words to start from go into the field, where they can be changed; only the fields that
// belong to the chosen outcome stand there; and who is told, and what they read, is shown without leaving the page.
// Without this the server does the first and the last, labels say the second.
export default function step(form) {
  const { template, reason, outcome } = form.elements;
  const parts = [...form.querySelectorAll("[data-outcome]:not(optgroup)")];
  const decide = () => {
    parts.forEach((part) => { part.hidden = part.dataset.outcome !== outcome.value; });
    if (template && outcome) suggest(template, outcome.value);
  };

  if (template) {
    form.querySelector(".step__plain").hidden = true;
    let filled = "";
    template.addEventListener("change", () => {
      const { words = template.value, leads = "" } = template.selectedOptions[0].dataset; // a round's value is the words
      const typed = reason.value === filled ? "" : reason.value.trimEnd();
      reason.value = [typed, words].filter(Boolean).join("\n\n"); // what somebody typed stays
      filled = typed ? "" : words;
      if (leads && outcome) outcome.value = leads;
      decide();
    });
  }
  outcome?.addEventListener("change", decide);
  window.addEventListener("pageshow", decide); // coming back, browsers fill in the choice after this ran
  decide();
  preview(form);
}

/** Put the words that fit an outcome first; those of another one stay within reach. */
function suggest(template, outcome) {
  const groups = [...template.querySelectorAll("optgroup")];
  const fits = (group) => (group.dataset.fits === outcome ? 0 : group.dataset.fits ? 2 : 1);
  if (outcome) groups.sort((one, other) => fits(one) - fits(other)).forEach((group) => template.append(group));
}

/** Ask the server what the step would come to, and show it above the button that takes it. */
function preview(form) {
  const look = form.querySelector(".step__look");
  const shown = form.querySelector(".step__preview");
  if (!look) return;

  const forget = () => {
    shown.replaceChildren();
    look.textContent = look.dataset.first;
    look.classList.remove("govuk-button--secondary");
  };
  form.addEventListener("input", forget); // other words need another look
  form.addEventListener("submit", async (event) => {
    if (event.submitter !== look || form.dataset.plain) return;
    event.preventDefault();
    look.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(look.formAction, { method: "POST", body: new FormData(form, look) });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const found = answer.ok && page.querySelector(".preview");
      if (!found) throw new Error(`no preview: ${answer.status}`);
      shown.replaceChildren(document.adoptNode(found));
      look.textContent = look.dataset.again;
      look.classList.add("govuk-button--secondary");
      const now = shown.querySelector("button[name=verb]");
      now.scrollIntoView({ block: "nearest" });
      now.focus();
    } catch {
      form.dataset.plain = "true"; // what is missing, or went wrong, the whole page says
      form.requestSubmit(look);
    } finally {
      look.removeAttribute("aria-busy");
    }
  });
}
