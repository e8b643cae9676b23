// js/components/phone.js: the list of what this phone holds: drafts, what waits to be sent, what was sent.
import { keepSending } from "../phone/send.js";
import { all, forget, onChange } from "../phone/store.js";

/** Return the line of one report, made from the template of the page. */
function line(root, report) {
  const made = root.querySelector("template").content.firstElementChild.cloneNode(true);
  const part = (name) => made.querySelector(`.phone__${name}`);
  const { state, title, place = "", said, errors = {} } = report;
  made.id = `r-${report.id}`;
  part("title").textContent = title;
  part("place").textContent = place;
  for (const words of made.querySelectorAll("[data-state]")) {
    words.hidden = !words.dataset.state.split(" ").includes(state);
  }
  part("said").textContent = state === "needs" ? Object.values(errors).flat().join(" ") : said ?? "";
  part("said").hidden = !part("said").textContent;
  part("open").href = `${root.dataset.form}#${report.id}`;
  if (state === "sent") {
    part("report").href = report.url;
    part("report").firstElementChild.textContent = report.reference;
  }
  part("title").id = `t-${report.id}`;
  for (const way of made.querySelectorAll("a, button")) way.setAttribute("aria-describedby", part("title").id);
  part("send").addEventListener("click", () => keepSending(true));
  part("delete").addEventListener("click", async () => {
    if (!window.confirm(state === "sent" ? root.dataset.sureSent : root.dataset.sure)) return;
    await forget(report.id);
    root.querySelector("h1").focus();
  });
  return made;
}

export default async function phone(root) {
  const list = root.querySelector(".phone__list");
  const none = root.querySelector(".phone__none");
  const isAway = () => !navigator.onLine || location.pathname !== root.dataset.self; // the worker put it here
  let turn = 0;
  const show = async () => {
    const mine = ++turn;
    const reports = await all();
    if (mine !== turn) return; // it changed again meanwhile
    const held = document.activeElement?.closest(".phone__list li")?.id;
    const button = document.activeElement?.className;
    list.replaceChildren(...reports.map((report) => line(root, report)));
    list.hidden = !reports.length;
    none.hidden = reports.length > 0;
    root.querySelector(".phone__away").hidden = !isAway();
    if (held) document.getElementById(held)?.getElementsByClassName(button)[0]?.focus();
  };
  onChange(show);
  await show();
}
