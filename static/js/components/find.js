// js/components/find.js: a word leaves only the services that fit it. Without this there is the whole list.
const plain = (words) => words.toLowerCase().normalize("NFD").replace(/\p{M}/gu, "");

export default function find(root) {
  const field = root.querySelector("input[type=search]");
  const said = root.querySelector("[role=status]");
  const groups = [...root.querySelectorAll(".services__group")];
  const wereOpen = new Map(groups.map((group) => [group, group.open]));
  const services = [...root.querySelectorAll(".services__list > li")].map((line) => ({
    line, words: plain(`${line.textContent} ${line.dataset.words}`).split(/[^\p{L}\p{N}]+/u),
  }));

  const look = () => {
    const typed = plain(field.value).split(/[^\p{L}\p{N}]+/u).filter(Boolean);
    const fits = services.filter(({ words }) => typed.every((part) => words.some((word) => word.startsWith(part))));
    const isWhole = !typed.length || !fits.length;
    const shown = new Set(fits.map(({ line }) => line));
    for (const { line } of services) line.hidden = !isWhole && !shown.has(line);
    for (const group of groups) {
      group.hidden = !group.querySelector("li:not([hidden])");
      group.open = isWhole ? wereOpen.get(group) : true;
    }
    said.textContent = !typed.length ? "" : fits.length ? `${said.dataset.found} ${fits.length}` : said.dataset.none;
  };

  field.closest("[hidden]").hidden = false;
  field.addEventListener("input", look);
  field.addEventListener("keydown", (event) => {
    const first = root.querySelector("li:not([hidden]) a");
    if (event.key === "Enter" && field.value.trim() && first) first.focus(); // the next Enter goes there
  });
  look();
}
