// Bundles the GraphiQL page into ../dist: one script and one stylesheet, minified and gzip-compressed, and the
// licences of every package that went into them.
import { build } from "esbuild";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url).pathname;

// GraphiQL's stylesheet carries its fonts inside, 0.3 MB that the reader's own fonts make needless.
const withoutFonts = {
  name: "without-fonts",
  setup(build) {
    build.onLoad({ filter: /graphiql\/dist\/style\.css$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace(/@font-face\s*{[^}]*}/g, ""),
      loader: "css",
    }));
  },
};

const { outputFiles, metafile } = await build({
  entryPoints: ["app.js"],
  outdir: dist,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  define: { "process.env.NODE_ENV": '"production"' },
  legalComments: "none", // the licences stand in full in LICENSES.txt
  plugins: [withoutFonts],
  metafile: true,
  write: false,
});

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
for (const { path, contents } of outputFiles) {
  writeFileSync(`${path}.gz`, gzipSync(contents, { level: 9 }));
}
writeFileSync(join(dist, "LICENSES.txt"), licences(bundledPackages(metafile)));

// bundledPackages returns the folders of the packages with code in the bundle. Style sheets count: GraphiQL's
// holds those of the packages that it builds on.
function bundledPackages({ outputs }) {
  const inputs = Object.values(outputs).flatMap((output) =>
    Object.entries(output.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0),
  );
  const folders = inputs.map(([path]) => path.match(/^.*node_modules\/(@[^/]+\/)?[^/]+/)?.[0]);
  return [...new Set(folders.filter(Boolean))].sort();
}

// licences returns each licence text once, under the names of the packages which share it.
function licences(folders) {
  const packagesByText = new Map();
  for (const folder of folders) {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
    const text = file
      ? readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n").trim()
      : `The package states its licence as "${license}" and brings no text of it.`;
    packagesByText.set(text, [...(packagesByText.get(text) ?? []), `${name} ${version}`]);
  }
  const rule = "-".repeat(80);
  return [...packagesByText]
    .map(([text, packages]) => `${packages.join("\n")}\n\n${text}\n`)
    .join(`\n${rule}\n\n`);
}
