// js/phone/fields.js: what stands in a form, taken out of it and put back.
import { keepAsIs } from "../components/photo.js";
import { unpacked } from "./store.js";

/** Return a new UUID, also where the browser makes none because the address is not https. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40; // version 4
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const digits = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Return what was typed, without the photos and the token, which is only good today. */
export const typed = (form) => [...new FormData(form)]
  .filter(([name, value]) => name !== "csrf_token" && typeof value === "string");

/** Return what was typed into the field of this name. */
export const value = (fields, name) => fields.find(([field]) => field === name)?.[1] ?? "";

/** Say whether somebody wrote into a form already, before the script arrived. */
export function isTouched(form) {
  // What a browser puts back after "Back" nobody wrote now; it may have been sent.
  if (performance.getEntriesByType("navigation")[0]?.type === "back_forward") return false;
  return [...form.querySelectorAll("input:not([type=hidden]), textarea")].some((field) => (
    field.value !== field.defaultValue || field.checked !== field.defaultChecked));
}

/** Fill a form with what was typed into it before. */
export function fill(form, fields) {
  const given = new Set(fields.map(([name, words]) => `${name}=${words}`));
  for (const field of form.querySelectorAll("input:not([type=file]), textarea, select")) {
    if (!field.name || field.name === "csrf_token") continue;
    const isChoice = field.type === "radio" || field.type === "checkbox";
    if (isChoice) field.checked = given.has(`${field.name}=${field.value}`);
    else field.value = value(fields, field.name);
    const folded = field.closest("details");
    if (folded && field.value) folded.open = true;
  }
  for (const part of form.querySelectorAll("[data-component=branching]")) part.dispatchEvent(new Event("change"));
}

/** Give the photo field what was chosen before, as it was going to travel. */
export function putPhotos(form, photos) {
  const input = form.querySelector("input[type=file]");
  if (!input || !photos.length) return;
  const files = new DataTransfer();
  photos.map(unpacked).forEach((file) => files.items.add(file));
  keepAsIs(files.files);
  input.files = files.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
}
