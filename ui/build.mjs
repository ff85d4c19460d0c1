// Builds the page into the Python package: hashed files and a manifest that names them.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const out = path.join(here, "..", "centralita", "web", "static");

const bundled = await build({
  absWorkingDir: here,
  entryPoints: { app: "src/main.jsx", style: "src/app.css" },
  outdir: out,
  write: false,
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022"],
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  charset: "utf8",
  logLevel: "warning",
});

const contents = {
  "app.js": bundled.outputFiles.find((file) => file.path.endsWith("app.js")).contents,
  "app.css": bundled.outputFiles.find((file) => file.path.endsWith("style.css")).contents,
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
