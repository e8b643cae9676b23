// js/components/step.js: words to start from go into the field, where they can be changed; and only the fields
// that belong to the chosen outcome stand there. Without this the server does the first, labels say the second.
export default function step(form) {
  const { template, reason, outcome } = form.elements;
  const parts = [...form.querySelectorAll("[data-outcome]")];
  const decide = () => parts.forEach((part) => { part.hidden = part.dataset.outcome !== outcome.value; });

  if (template) {
    form.querySelector(".step__plain").hidden = true;
    let filled = "";
    template.addEventListener("change", () => {
      const { words = "", leads = "" } = template.selectedOptions[0].dataset;
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
}
