// js/components/branching.js: a question stands there once its answer is given, and a stopper beside its own.
// Without this all questions stand there, each with the words "Only if …", and the server knows which it asks.
export default function branching(root) {
  const parts = [...root.querySelectorAll("[data-when]")];
  root.querySelectorAll(".question__only").forEach((words) => { words.hidden = true; });
  const decide = () => {
    for (const part of parts) { // in the order of the questions, so that one hidden hides what hangs on it
      const [name, option] = [part.dataset.when, part.dataset.option].map(CSS.escape);
      const chosen = root.querySelector(`input[name="${name}"][value="${option}"]:checked`);
      part.hidden = !chosen || chosen.closest(".question").hidden;
    }
  };
  root.addEventListener("change", decide);
  window.addEventListener("pageshow", decide); // coming back, browsers fill in the answers after this ran
  decide();
}
