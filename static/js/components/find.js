// js/components/find.js: words leave the services that fit them by name, or bring suggestions. Without this a button
// brings the suggestions, and there is the whole list.
const PAUSE = 350; // milliseconds without a key, then the server is asked
const FEW = 3; // services that fit by name: then they are the answer, and nothing is asked
const plain = (words) => words.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");
const parted = (words) => plain(words).split(/[^\p{L}\p{N}]+/u).filter(Boolean);

export default function find(root) {
  const form = root.querySelector("form[data-suggest]"); // none on a page that stands on the phone
  const field = root.querySelector("input[type=search]");
  const said = root.querySelector("[role=status]");
  const suggested = root.querySelector(".services__suggested");
  const groups = [...root.querySelectorAll(".services__all > .services__group")];
  const wereOpen = new Map(groups.map((group) => [group, group.open]));
  const services = [...root.querySelectorAll(".services__all .services__list > li")].map((line) => ({
    line, words: parted(`${line.textContent} ${line.dataset.words}`),
  }));
  let asked = field.value.trim(); // the page came with the suggestions for these words
  let fitting = 0;
  let timer;

  const tell = () => {
    const links = suggested.querySelectorAll("a").length;
    const parts = [];
    if (links) parts.push(`${said.dataset.suggested} ${links}`);
    if (fitting) parts.push(`${said.dataset.found} ${fitting}`);
    said.textContent = !field.value.trim() ? "" : parts.join(". ") || said.dataset.none;
  };

  const look = () => {
    const typed = parted(field.value);
    const fits = services.filter(({ words }) => typed.every((part) => words.some((word) => word.startsWith(part))));
    const isWhole = !typed.length || !fits.length;
    const shown = new Set(fits.map(({ line }) => line));
    for (const { line } of services) line.hidden = !isWhole && !shown.has(line);
    for (const group of groups) {
      group.hidden = !group.querySelector("li:not([hidden])");
      group.open = isWhole ? wereOpen.get(group) : true;
    }
    fitting = isWhole ? 0 : fits.length;
  };

  const suggest = async () => {
    clearTimeout(timer);
    const words = field.value.trim();
    if (words !== asked) {
      asked = words;
      let html = "";
      if (form && words && (!fitting || fitting > FEW)) {
        const answer = await fetch(`${form.dataset.suggest}?${new URLSearchParams(new FormData(form))}`).catch(() => null);
        if (answer?.ok) html = await answer.text(); // no answer, no suggestion: the list is there
      }
      if (words !== asked) return; // somebody typed on meanwhile
      suggested.innerHTML = html;
    }
    tell();
  };

  const go = async (event) => {
    event.preventDefault();
    await suggest();
    if (field.value.trim()) root.querySelector("li:not([hidden]) a")?.focus(); // the next Enter goes there
  };

  field.closest("[hidden]")?.removeAttribute("hidden"); // without a script it could not even find
  field.addEventListener("input", () => {
    look();
    clearTimeout(timer);
    timer = setTimeout(suggest, field.value.trim() ? PAUSE : 0);
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") go(event);
  });
  form?.addEventListener("submit", go);
  root.addEventListener("click", (event) => {
    const link = event.target.closest("a.services__link");
    if (!link) return;
    const address = new URL(link.href); // what was typed goes along, into the description
    if (field.value.trim()) address.searchParams.set("words", field.value.trim());
    else address.searchParams.delete("words");
    link.href = address.href;
  });
  look();
  if (asked) tell();
}
