// js/phone/faults.js: the server's sentences beside their fields, as its own pages show them.

const WRONG = "govuk-form-group--error";

/** Show `errors` ({field: [sentences]}) in a form and above it; {} takes away what was shown before. */
export function showFaults(form, errors) {
  document.querySelectorAll(".shown-fault").forEach((old) => old.remove());
  form.querySelectorAll(`.${WRONG}`).forEach((group) => group.classList.remove(WRONG));
  if (!Object.keys(errors).length) return;
  const [summary, beside] = form.querySelector("template.faults").content.cloneNode(true).children;
  for (const [field, sentences] of Object.entries(errors)) {
    const place = document.getElementById(field) ?? document.getElementById("form");
    const words = sentences.join(" ");
    const line = document.createElement("li");
    line.append(Object.assign(document.createElement("a"), { href: `#${place.id}`, textContent: words }));
    summary.querySelector("ul").append(line);
    const said = beside.cloneNode(true);
    said.id = `${field}-error`;
    said.append(words);
    if (place.matches("fieldset")) place.querySelector("legend").after(said);
    else if (place.matches("input, textarea, select")) place.before(said);
    else place.after(said);
    place.setAttribute("aria-describedby", said.id);
    place.closest(".govuk-form-group")?.classList.add(WRONG);
    const folded = place.closest("details");
    if (folded) folded.open = true;
  }
  document.getElementById("main").prepend(summary);
  summary.focus();
}
