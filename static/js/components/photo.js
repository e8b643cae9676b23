// js/components/photo.js: the form already works; this shrinks the picture before it travels.
const LONGEST = 2048;

async function shrunk(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const part = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  if (part === 1 && file.size < 700000) return file;
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * part);
  canvas.height = Math.round(picture.height * part);
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.8));
  return new File([blob], "photo.jpg", { type: "image/jpeg" });
}

export default function photo(root) {
  const input = root.querySelector("input[type=file]");
  input.addEventListener("change", async () => {
    if (!input.files.length) return;
    try {
      const list = new DataTransfer();
      list.items.add(await shrunk(input.files[0]));
      input.files = list.files;
    } catch (error) {
      console.info("The server takes the picture as it is.", error);
    }
  });
}
