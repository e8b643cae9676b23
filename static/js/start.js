// js/start.js: every page already works; this finds what a page could do better and loads only that.

// "govuk-error-summary" lives in error-summary.mjs and exports the class ErrorSummary.
async function vendored(element) {
  const name = element.dataset.module.replace("govuk-", "");
  const exported = name.replace(/(^|-)([a-z])/g, (_, dash, letter) => letter.toUpperCase());
  const module = await import(`../vendor/govuk/components/${name}/${name}.mjs`);
  new module[exported](element);
}

async function ours(element) {
  const module = await import(`./components/${element.dataset.component}.js`);
  await module.default(element);
}

const started = new Map([[vendored, new WeakSet()], [ours, new WeakSet()]]);

async function begin(element, load) {
  if (started.get(load).has(element)) return;
  started.get(load).add(element);
  try {
    await load(element);
  } catch (error) {
    console.error("This part of the page stays as it was:", element, error);
  }
}

/** Improve what is inside `root`; call it again for a part of the page that arrived later. */
export function start(root) {
  return Promise.all([
    ...[...root.querySelectorAll("[data-module^='govuk-']")].map((element) => begin(element, vendored)),
    ...[...root.querySelectorAll("[data-component]")].map((element) => begin(element, ours)),
  ]);
}

document.body.classList.add("js-enabled", "govuk-frontend-supported");
start(document).then(() => performance.mark("started")); // for whoever measures how long a page takes
