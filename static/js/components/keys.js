// keys.js: the keyboard of the staff's pages. A key presses what stands on the page, [data-key="a"], first in the
// line that is walked on ([data-row]). Nothing here does more than a click; in a field to write in, keys write.

const WRITING = "input:not([type=checkbox], [type=radio], [type=submit], [type=button]), select, textarea, [contenteditable]";
let first = ""; // of two keys, as in "g q"
let at = -1; // the line walked on

const rows = () => [...document.querySelectorAll("[data-row]")];
const here = () => document.activeElement?.closest("[data-row]") ?? rows()[at];

function walk(step) {
  const all = rows();
  if (!all.length) return;
  const now = all.indexOf(document.activeElement?.closest("[data-row]") ?? all[at]);
  at = Math.min(Math.max(now + step, 0), all.length - 1);
  all[at].querySelector("a").focus();
}

/** Open what holds the button of a step, and go to the first field it asks for. */
function goToStep(verb) {
  const button = document.querySelector(`button[name="verb"][value="${verb}"]`);
  if (!button) return false;
  button.closest("details")?.setAttribute("open", "");
  const form = button.form;
  const template = form.elements.template;
  const field = template ?? form.querySelector("select, input:not([type=hidden]), textarea") ?? button;
  field.focus();
  return true;
}

function press(key) {
  const target = (key.length === 1 && here()?.querySelector(`[data-key="${key}"]`)) || document.querySelector(`[data-key="${key}"]`);
  if (!target) return key === "c" && goToStep("close");
  if (target.dataset.step && goToStep(target.dataset.step)) return true;
  if (target.matches(WRITING)) {
    target.focus();
    target.select?.();
  } else {
    target.click();
  }
  return true;
}

export default function keys(root) {
  const dialog = root.querySelector("dialog");
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
      // Not a single key: it works in fields, and cannot be switched off.
      const form = event.target.form;
      if (form && form.method === "post") form.requestSubmit(form.querySelector("button:not([type=button])"));
      return;
    }
    const off = "off" in root.dataset || event.ctrlKey || event.metaKey || event.altKey || event.isComposing;
    if (off || event.target.closest(WRITING) || document.querySelector("dialog[open]")) return;
    const wanted = first ? `${first} ${event.key}` : event.key;
    first = "";
    let done = true;
    if (wanted === "j") walk(1);
    else if (wanted === "k") walk(-1);
    else if (wanted === "?") dialog.showModal();
    else if (wanted === "g") first = "g";
    else done = press(wanted);
    if (done) event.preventDefault();
  });
}
