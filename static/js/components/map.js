// map.js: the drawn map as wide as there is room. Without this it keeps the width the server counts with.
// It also offers the map that moves under the finger, which is loaded only for those who ask for it.

/** Offer the full map to a browser that may draw it, unless somebody saves data; where it fails, this one stays. */
function offer(root) {
  const more = root.querySelector(".report-map__more");
  const button = more.querySelector("button");
  if (!("WebGL2RenderingContext" in window) || navigator.connection?.saveData) return;
  more.hidden = false;
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    button.firstElementChild.textContent = button.dataset.waiting;
    try {
      const { default: fullMap } = await import("./full_map.js");
      await fullMap(root);
    } catch (error) {
      console.info("The drawn map stays:", error);
      const drawing = root.querySelector(".report-map__drawing");
      if (drawing.tabIndex < 0) drawing.tabIndex = -1; // a picture takes the focus only so
      drawing.focus();
    }
    more.hidden = true;
  });
}

/** Let the map grow, and tell of each tap where it lies in a picture of the width that `shown` says. */
export default function map(form) {
  if (form.dataset.view) { // a report's places: nothing to choose
    offer(form);
    return;
  }
  const picture = form.querySelector("input[type=image]");
  const shown = Number(form.elements.shown.value);
  form.classList.add("report-map--fluid");
  offer(form);
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
