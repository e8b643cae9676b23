// build.mjs: makes static/vendor and tests/browser/vendor from the packages in package-lock.json.
//   node static/build/build.mjs            build, and replace what is committed
//   node static/build/build.mjs --check    build, change nothing, exit 1 and name what differs
// The result is committed, so that installing CivicConnect never needs Node. See docs/assets.md.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { withTokens } from "./tokens.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const HOME = join(HERE, "..", "..");
const PACKAGES = join(HERE, "node_modules");
const GOVUK = join(PACKAGES, "govuk-frontend", "dist", "govuk");

const VENDOR = "static/vendor";
const TESTS = "tests/browser/vendor";
const MANIFEST = `${VENDOR}/manifest.json`;

// The npm edition of govuk-frontend carries no licence file, so static/build/licences/ keeps the one of
// its source.
const BANNER =
  "/*! GOV.UK Frontend, (C) Crown Copyright (Government Digital Service), MIT," +
  " adapted: see licences/govuk-frontend.txt */\n";

function install() {
  const quiet = { cwd: HERE, stdio: ["ignore", "ignore", "inherit"] };
  const npm = spawnSync("npm", ["ci", "--loglevel=error"], quiet);
  if (npm.error) throw new Error(`npm could not be started (${npm.error.code}); it comes with Node.`);
  if (npm.status !== 0) throw new Error("npm ci failed in static/build; no committed file was changed.");
}

/** Build everything in memory: path from the top of the checkout -> {package, bytes}. */
async function build() {
  // Imported only now: before install() they need not exist.
  const sass = await import("sass");
  const { default: rtlcss } = await import("rtlcss");

  const compiled = sass.compile(join(HERE, "govuk.scss"), {
    charset: false,
    loadPaths: [PACKAGES],
    style: "compressed",
  });
  const css = BANNER + withTokens(compiled.css);
  const files = new Map();
  const put = (path, name, content) => files.set(path, { package: name, bytes: Buffer.from(content) });

  put(`${VENDOR}/govuk/govuk.css`, "govuk-frontend", `${css}\n`);
  put(`${VENDOR}/govuk/govuk.rtl.css`, "govuk-frontend", rtlcss.process(css) + read(HERE, "rtl.css"));
  for (const [path, script] of scripts(compiled.loadedUrls)) {
    put(`${VENDOR}/govuk/${path}`, "govuk-frontend", script);
  }
  put(`${VENDOR}/idb-keyval/index.js`, "idb-keyval", withoutComments(read(PACKAGES, "idb-keyval", "dist", "index.js")));
  put(`${VENDOR}/licences/idb-keyval.txt`, "idb-keyval", read(PACKAGES, "idb-keyval", "LICENCE"));
  put(`${VENDOR}/htmx/htmx.js`, "htmx.org", withoutMap(read(PACKAGES, "htmx.org", "dist", "htmx.esm.min.js")));
  put(`${VENDOR}/licences/htmx.txt`, "htmx.org", read(PACKAGES, "htmx.org", "LICENSE"));
  for (const file of ["maplibre-gl.mjs", "maplibre-gl-worker.mjs", "maplibre-gl.css"]) {
    // Already small; its first comment is the note of its licence, and stays.
    put(`${VENDOR}/maplibre/${file}`, "maplibre-gl", withoutMap(read(PACKAGES, "maplibre-gl", "dist", file)));
  }
  put(`${VENDOR}/licences/maplibre-gl.txt`, "maplibre-gl", licencesWithin("maplibre-gl"));
  put(`${TESTS}/axe.min.js`, "axe-core", read(PACKAGES, "axe-core", "axe.min.js"));
  put(`${TESTS}/axe-core.LICENSE.txt`, "axe-core", read(PACKAGES, "axe-core", "LICENSE"));
  put(MANIFEST, null, manifest(files));
  put(`${VENDOR}/licences/govuk-frontend.txt`, null, read(HERE, "licences", "govuk-frontend.txt"));
  return files;
}

function read(...parts) {
  return readFileSync(join(...parts), "utf8");
}

/** The scripts of the components whose styles were compiled, and all that those import: path -> text. */
function scripts(loadedUrls) {
  const names = loadedUrls.map((url) => url.pathname.match(/\/components\/([a-z-]+)\/_index\.scss$/)?.[1]);
  const wanted = names
    .filter(Boolean)
    .map((name) => `components/${name}/${name}.mjs`)
    .filter((path) => existsSync(join(GOVUK, path)));
  const found = new Map();
  for (const path of wanted) { // grows while it is walked
    if (found.has(path)) continue;
    const script = withoutComments(read(GOVUK, path));
    found.set(path, script);
    for (const [, imported] of script.matchAll(/ from '(\.[^']+)'/g)) {
      wanted.push(posix.join(posix.dirname(path), imported));
    }
  }
  return found;
}

/** The licence of a package whose files hold others' code too, and theirs. Types are for editors, and not in it. */
function licencesWithin(name) {
  const names = [name];
  for (const one of names) { // grows while it is walked
    const { dependencies = {} } = JSON.parse(read(PACKAGES, one, "package.json"));
    names.push(...Object.keys(dependencies).filter((found) => !found.startsWith("@types/") && !names.includes(found)));
  }
  return names.map((one) => {
    const { version, license } = JSON.parse(read(PACKAGES, one, "package.json"));
    const file = readdirSync(join(PACKAGES, one)).find((found) => /^licen[cs]e/i.test(found));
    return `${one} ${version}, ${license}\n\n${file ? read(PACKAGES, one, file) : ""}`;
  }).join(`\n\n${"=".repeat(79)}\n\n`);
}

/** Drop block comments and source map links: a quarter of what a phone would load, and none of the code. */
function withoutComments(script) {
  return withoutMap(script).replace(/^ *\/\*\*[^]*?\*\/\n/gm, "");
}

/** Drop the link to a source map that is not served. */
function withoutMap(script) {
  return script.replace(/^\/\/# sourceMappingURL=.*\n?/gm, "");
}

function manifest(files) {
  const rows = [...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, file]) => {
    const about = JSON.parse(read(PACKAGES, file.package, "package.json"));
    const sha256 = createHash("sha256").update(file.bytes).digest("hex");
    return { path, package: file.package, version: about.version, licence: about.license, sha256 };
  });
  return `${JSON.stringify({ files: rows }, null, 2)}\n`;
}

function write(files) {
  for (const [path, { bytes }] of files) {
    mkdirSync(dirname(join(HOME, path)), { recursive: true });
    writeFileSync(join(HOME, path), bytes);
  }
}

/** What in the checkout is not as built, one sentence each. */
function differences(files) {
  const wrong = [];
  for (const [path, { bytes }] of files) {
    if (!existsSync(join(HOME, path))) wrong.push(`${path} is missing`);
    else if (!bytes.equals(readFileSync(join(HOME, path)))) wrong.push(`${path} differs from a fresh build`);
  }
  const strays = [VENDOR, TESTS].flatMap(filesBelow).filter((path) => !files.has(path));
  return [...wrong, ...strays.map((path) => `${path} is not made by this build; delete it, or have it made`)];
}

function filesBelow(folder) {
  if (!existsSync(join(HOME, folder))) return [];
  return readdirSync(join(HOME, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

async function main(checking) {
  install();
  const files = await build();
  if (!checking) write(files);
  const wrong = differences(files);
  wrong.forEach((sentence) => console.error(sentence));
  if (wrong.length === 0) console.log(`${files.size} files are as built from package-lock.json.`);
  return wrong.length === 0 ? 0 : 1;
}

try {
  process.exitCode = await main(process.argv.includes("--check"));
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
