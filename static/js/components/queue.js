// queue.js: says in the bar how many lines are selected. The keyboard is in keys.js; the rest are links and forms.
export default function queue(root) {
  const button = root.querySelector(".bulk button[value=selected]");
  if (!button) return;
  const words = button.textContent;
  const boxes = [...root.querySelectorAll("input[name=report]")];
  const count = () => {
    const chosen = boxes.filter((box) => box.checked).length;
    button.textContent = chosen ? `${words} (${chosen})` : words;
    boxes.forEach((box) => box.closest("tr").classList.toggle("queue__row--selected", box.checked));
  };
  root.addEventListener("change", count);
  window.addEventListener("pageshow", count); // coming back, browsers tick boxes again after this ran
  count();
}
