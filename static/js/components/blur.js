// js/components/blur.js: the fields already work; this shows each box on the picture, and lets one draw it there.
// With the keyboard one goes on typing figures: the boxes follow.
const SIDES = ["x", "y", "width", "height"];

export default function blur(root) {
  const frame = root.querySelector(".blur");
  const picture = root.querySelector(".blur__picture");
  const rows = [...root.querySelectorAll(".blur__row")].map((row) => SIDES.map(
    (side) => row.querySelector(`[name^="${side}-"]`)));
  const boxes = rows.map(() => {
    const made = Object.assign(document.createElement("div"), { className: "blur__box", hidden: true });
    frame.append(made);
    return made;
  });
  let begun = null; // {row, x, y} in per cent

  function draw() {
    rows.forEach((fields, at) => {
      const [x, y, width, height] = fields.map((field) => Number(field.value.replace(",", ".")));
      boxes[at].hidden = !(width > 0 && height > 0);
      Object.assign(boxes[at].style, { left: `${x}%`, top: `${y}%`, width: `${width}%`, height: `${height}%` });
    });
  }

  function place(event) {
    const edge = picture.getBoundingClientRect();
    const part = (at, from, size) => Math.min(Math.max((at - from) / size, 0), 1) * 100;
    return { x: part(event.clientX, edge.left, edge.width), y: part(event.clientY, edge.top, edge.height) };
  }

  function stretch(to) {
    const [x, y] = [Math.min(begun.x, to.x), Math.min(begun.y, to.y)];
    const values = [x, y, Math.abs(begun.x - to.x), Math.abs(begun.y - to.y)];
    rows[begun.row].forEach((field, at) => { field.value = values[at].toFixed(1); });
    draw();
  }

  picture.draggable = false;
  picture.addEventListener("pointerdown", (event) => {
    const free = rows.findIndex((fields) => fields.every((field) => field.value === ""));
    begun = { row: free === -1 ? rows.length - 1 : free, ...place(event) };
    picture.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  picture.addEventListener("pointermove", (event) => { if (begun) stretch(place(event)); });
  picture.addEventListener("pointerup", (event) => {
    if (!begun) return;
    const { x, y, row } = begun;
    const to = place(event);
    if (Math.abs(x - to.x) < 0.5 || Math.abs(y - to.y) < 0.5) {
      rows[row].forEach((field) => { field.value = ""; }); // a tap draws nothing
    }
    begun = null;
    draw();
  });
  root.addEventListener("input", draw);
  draw();
}
