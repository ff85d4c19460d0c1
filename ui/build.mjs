// Builds the page into the Python package: hashed files and a manifest that names them.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const out = path.join(here, "..", "centralita", "web", "static");

/** Loaded by a page itself when there is to be a telephone; the other entries are there from the start. */
const LATER = "telephone";

const bundled = await build({
  absWorkingDir: here,
  entryPoints: {
    app: "src/main.jsx",
    style: "src/app.css",
    agent: "src/agent/main.jsx",
    agentstyle: "src/agent/agent.css",
    flows: "src/flows/main.jsx",
    flowsstyle: "src/flows/flows.css",
    [LATER]: `src/${LATER}.js`,
  },
  outdir: out,
  write: false,
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022"],
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  metafile: true,
  charset: "utf8",
  logLevel: "warning",
});

const made = (name) => bundled.outputFiles.find((file) => path.basename(file.path) === name).contents;

/** Their licences ask that each copy carries them. */
async function licences() {
  const inputs = Object.keys(bundled.metafile.inputs);
  const packages = new Set(inputs.map((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1]).filter(Boolean));
  const texts = [...packages].sort().map(async (name) => {
    const folder = path.join(here, "node_modules", name);
    const { version, license } = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
    const file = (await readdir(folder)).find((each) => /^licen[cs]e/i.test(each));
    const text = file ? await readFile(path.join(folder, file), "utf8") : "";
    return `${name} ${version} (${license})\n\n${text.trim()}\n`;
  });
  return (await Promise.all(texts)).join("\n\n");
}

const contents = {
  "app.js": made("app.js"),
  "app.css": made("style.css"),
  "agent.js": made("agent.js"),
  "agent.css": made("agentstyle.css"),
  "flows.js": made("flows.js"),
  "flows.css": made("flowsstyle.css"),
  [`${LATER}.js`]: made(`${LATER}.js`),
  "licences.txt": await licences(),
  "icon.svg": await readFile(path.join(here, "src", "icon.svg")),
};

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const manifest = {};
for (const [name, content] of Object.entries(contents)) {
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 12);
  const { name: stem, ext } = path.parse(name);
  manifest[name] = `${stem}-${hash}${ext}`;
  await writeFile(path.join(out, manifest[name]), content);
}
// Last: a manifest never names a file that is not there yet.
await writeFile(path.join(out, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
console.log(Object.values(manifest).join("\n"));
