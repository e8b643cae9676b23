// js/components/queue.js: j and k walk down and up the queue; Enter opens, as on every link.
export default function queue(root) {
  const links = [...root.querySelectorAll("tbody a")];
  document.addEventListener("keydown", (event) => {
    if (event.target.matches("input, select, textarea") || event.ctrlKey || event.metaKey) return;
    const step = { j: 1, k: -1 }[event.key];
    if (!step || !links.length) return;
    const at = links.indexOf(document.activeElement);
    links[Math.min(Math.max(at + step, 0), links.length - 1)].focus();
  });
}
