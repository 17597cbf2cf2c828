/**
 * Turns the program's modules into a few minified files without a dependency left in them.
 * Lazy imports stay lazy: each becomes a file of its own, read only when it is reached.
 */
import { runDeno } from "./deno_command.ts";
import { listFiles } from "./file_list.ts";
import { type ChunkGroup, joinChunks } from "./join_chunks.ts";

/** What to bundle: absolute paths, below the folder of `entry`. */
export interface Sources {
  readonly entry: string;
  /** The modules that a `new Worker(new URL("./<its name>", import.meta.url), ...)` in the program starts. */
  readonly workers?: readonly string[] | undefined;
  /** What is mostly needed at once. */
  readonly groups?: readonly ChunkGroup[] | undefined;
}

/** A bundle in a folder of its own. Paths are relative to `folder`, with `/`. */
export interface Bundle {
  readonly folder: string;
  readonly main: string;
  /** Every file, `main` among them, sorted. */
  readonly files: readonly string[];
}

/** Bundles `sources` into the empty folder `folder`. @throws {Error} with what the bundler said. */
export async function bundle(sources: Sources, folder: string): Promise<Bundle> {
  const { groups = [], workers = [] } = sources;
  const entries = [
    sources.entry,
    ...workers,
    ...groups.flatMap(({ entries }) => entries),
  ];
  for (const source of entries) Deno.statSync(source); // the bundler does not say which one is missing
  const flags = ["--quiet", "--platform=deno", "--minify", "--code-splitting", "--outdir", folder];
  const outcome = await runDeno(["bundle", ...flags, ...entries], parent(sources.entry));
  if (!outcome.success) throw new Error(`Cannot bundle ${sources.entry}:\n${outcome.said}`);

  const root = parent(sources.entry);
  const builtFrom = (source: string) => find(folder, root, source);
  const main = builtFrom(sources.entry);
  const built = groups.map((group) => ({ ...group, entries: group.entries.map(builtFrom) }));
  await joinChunks(folder, main, built);
  const files = listFiles(folder).sort();
  for (const file of files) {
    edit(`${folder}/${file}`, keepLazy);
    edit(`${folder}/${file}`, requireLate);
  }
  for (const worker of workers) pointAtWorker(folder, files, worker, builtFrom(worker));
  return { folder, main, files };
}

/**
 * The runtime looks for every module it can foresee before it runs the first, those of imports that never happen
 * too: thirty files of no use to a one-shot command. It does not foresee a specifier that is computed.
 */
function keepLazy(text: string): string {
  return text.replaceAll(/\bimport\((["']\.{1,2}\/[^"']+["'])\)/g, 'import(""+$1)');
}

/**
 * Where some package is CommonJS, the bundler has every program import `node:module` before its first line, for a
 * `require` that hardly any calls: 18 ms of processor for each command.
 */
function requireLate(text: string): string {
  return text.replace(
    /import\s*\{\s*createRequire as (\w+)\s*\}\s*from\s*"node:module";\s*var (\w+)\s*=\s*\1\(import\.meta\.url\);/,
    'var $2=(name)=>process.getBuiltinModule("node:module").createRequire(import.meta.url)(name);',
  );
}

function edit(path: string, change: (text: string) => string): void {
  const text = Deno.readTextFileSync(path);
  const changed = change(text);
  if (changed !== text) Deno.writeTextFileSync(path, changed);
}

/**
 * The bundler rewrites imports but no worker URLs; and what `./` means has changed under them, for
 * the module that starts the worker has moved.
 */
function pointAtWorker(folder: string, files: readonly string[], source: string, built: string) {
  const stem = baseName(source).replace(/\.ts$/, "");
  const url = new RegExp(`(["'])\\./${stem}\\.[tj]s\\1`, "g");
  let found = false;
  for (const file of files) {
    const text = Deno.readTextFileSync(`${folder}/${file}`);
    const toRoot = "../".repeat(file.split("/").length - 1) || "./";
    const pointed = text.replaceAll(url, `"${toRoot}${built}"`);
    if (pointed === text) continue;
    found = true;
    Deno.writeTextFileSync(`${folder}/${file}`, pointed);
  }
  if (!found) throw new Error(`Nothing in the bundle starts the worker ${stem}`);
}

/** The file made of an entry point: it stands where its source does. @throws {Error} where there is none */
function find(folder: string, root: string, source: string): string {
  const name = source.slice(root.length + 1).replace(/\.tsx?$/, ".js");
  if (!listFiles(folder).includes(name)) {
    throw new Error(`The bundler made no ${name} of ${source}`);
  }
  return name;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function parent(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}
