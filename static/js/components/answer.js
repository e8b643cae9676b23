// js/components/answer.js: whoever tapped an answer in a letter need not tap it again. Only where somebody is
// looking: a program that opens the links of a letter says nothing.
export default function answer(form) {
  const button = form.querySelector(`button[value="${CSS.escape(form.dataset.says)}"]`);
  const send = () => { if (document.visibilityState === "visible") form.requestSubmit(button); };
  if (document.visibilityState === "visible" && document.hasFocus()) send();
  else window.addEventListener("focus", send, { once: true });
}
