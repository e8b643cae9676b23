// map.js: the drawn map as wide as there is room. Without this it keeps the width the server counts with.

/** Let the map grow, and tell of each tap where it lies in a picture of the width that `shown` says. */
export default function map(form) {
  const picture = form.querySelector("input[type=image]");
  const shown = Number(form.elements.shown.value);
  form.classList.add("report-map--fluid");
  picture.addEventListener("click", (event) => {
    if (event.detail === 0) return; // Enter: the browser sends 0, 0 and the middle is meant
    event.preventDefault();
    const box = picture.getBoundingClientRect();
    const scale = shown / box.width;
    const at = { "pin.x": event.clientX - box.left, "pin.y": event.clientY - box.top };
    for (const [name, pixels] of Object.entries(at)) {
      const field = Object.assign(document.createElement("input"), { type: "hidden", name });
      field.value = String(Math.max(1, Math.round(pixels * scale)));
      form.append(field);
    }
    form.submit();
  });
}
