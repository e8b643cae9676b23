// js/components/contrast.js: the server refuses a colour that few can read; this says so while it is typed.

const part = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);

/** The relative luminance of "#0b4f6c", 0 to 1, as WCAG 2.2 defines it. */
function luminance(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => part(parseInt(colour.slice(at, at + 2), 16) / 255));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

export default function start(root) {
  const input = root.querySelector("input");
  const said = root.querySelector("[role='status']");
  const { against, good, faint } = root.dataset;
  const say = () => {
    const colour = input.value.trim();
    said.textContent = "";
    if (!/^#[0-9a-f]{6}$/i.test(colour)) return;
    const found = contrast(colour, against);
    const swatch = document.createElement("span");
    swatch.className = "setting__swatch";
    swatch.style.background = colour;
    // Cut, never rounded up: 4.46 is not 4.5.
    const shown = (Math.floor(found * 10) / 10).toFixed(1);
    said.append(swatch, (found >= 4.5 ? good : faint).replace("{found}", shown));
  };
  input.addEventListener("input", say);
  say();
}
