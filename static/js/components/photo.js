// js/components/photo.js: the form already works; this shrinks each picture before it travels, keeps what was
// chosen before when more is chosen, and shows every picture with a button that takes it out again.
const LONGEST = 2048;
const label = ({ name, size, lastModified }) => [name, size, lastModified].join("/");
const asIs = new Set();

/** Let these files travel as they are: they were shrunk before, and a second time would make others of them. */
export function keepAsIs(files) {
  for (const file of files) asIs.add(label(file));
}

async function shrunk(file) {
  if (asIs.has(label(file))) return file;
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const part = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    if (part === 1 && file.size < 700000) return file;
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * part);
    canvas.height = Math.round(picture.height * part);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.8));
    const name = file.name.replace(/\.[^.]*$/, "") || "photo";
    return new File([blob], `${name}.jpg`, { type: "image/jpeg", lastModified: file.lastModified });
  } catch (error) {
    console.info("The server takes the picture as it is.", error);
    return file;
  }
}

export default function photo(root) {
  const input = root.querySelector("input[type=file]");
  const said = root.querySelector("[role=status]");
  const list = Object.assign(document.createElement("ul"), { className: "photo-list" });
  const chosen = []; // {from: the file as chosen, file: as it will travel}
  input.before(list);

  const room = () => Number(root.dataset.most) - root.querySelectorAll("[name=photo_kept]:checked").length;

  function carry() {
    const files = new DataTransfer();
    chosen.forEach((one) => files.items.add(one.file));
    input.files = files.files;
  }

  const tell = () => input.dispatchEvent(new CustomEvent("photos", { bubbles: true })); // for who keeps them

  function line(one) {
    const made = document.createElement("li");
    const picture = Object.assign(new Image(), { alt: "", src: URL.createObjectURL(one.from) });
    const button = Object.assign(document.createElement("button"), {
      type: "button", className: "photo-list__remove", textContent: said.dataset.remove });
    button.setAttribute("aria-label", `${said.dataset.remove}: ${one.from.name}`);
    picture.addEventListener("error", () => picture.replaceWith(one.from.name)); // a kind it cannot show
    button.addEventListener("click", () => {
      const at = chosen.indexOf(one);
      chosen.splice(at, 1);
      made.remove();
      said.textContent = "";
      URL.revokeObjectURL(picture.src);
      carry();
      tell();
      (list.querySelectorAll("button")[Math.min(at, chosen.length - 1)] ?? input).focus();
    });
    made.append(picture, button);
    return made;
  }

  async function gather() {
    const fresh = [...input.files].filter((file) => !chosen.some((one) => label(one.from) === label(file)));
    if (!input.multiple && fresh.length) { chosen.length = 0; list.replaceChildren(); }
    const most = Math.max(room() - chosen.length, 0);
    said.textContent = fresh.length > most ? said.dataset.many : "";
    const added = fresh.slice(0, most).map((from) => ({ from, file: from }));
    chosen.push(...added);
    list.append(...added.map(line));
    carry(); // whoever sends at once sends the pictures as they are
    for (const one of added) one.file = await shrunk(one.from);
    carry();
    if (added.some((one) => one.file !== one.from)) tell();
  }

  input.addEventListener("change", gather);
  // On a slow line a picture may be chosen before this arrives, and Back brings chosen ones again.
  if (input.files.length) gather();
}
