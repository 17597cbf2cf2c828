/**
 * The program's modules as its executable holds them: bundled once for whatever the sources are now, and kept in
 * `dist/tests` for all tests after that. Hundreds of modules cost every process a quarter of its time.
 */
import { bundle } from "../../tools/bundle.ts";
import { programSources } from "../../tools/program_sources.ts";

const root = new URL("../../", import.meta.url).pathname;
const folder = `${root}dist/tests`;
const keptMs = 24 * 60 * 60 * 1000;

/** What makes a bundle another one. */
const inputs = ["main.ts", "src", "docs", "deno.json", "deno.lock", "tools"];

/** Returns the path of the entry, which runs without configuration, lock file and packages. */
export async function bundledProgram(): Promise<string> {
  const made = `${folder}/${await digestOf(inputs.flatMap(filesOf))}`;
  if (!await exists(made)) {
    await Deno.mkdir(folder, { recursive: true });
    await removeOld();
    await make(made);
  }
  return `${made}/main.js`;
}

/** Others may be about to make the same: the first to be done is taken. */
async function make(path: string): Promise<void> {
  const draft = await Deno.makeTempDir({ dir: folder, prefix: ".draft-" });
  await bundle(programSources, draft);
  try {
    await Deno.rename(draft, path);
  } catch (error) {
    await Deno.remove(draft, { recursive: true });
    if (!await exists(path)) throw error;
  }
}

/** Not those of a run that goes on while somebody changes the sources. */
async function removeOld(): Promise<void> {
  for await (const { name } of Deno.readDir(folder)) {
    const { mtime } = await Deno.stat(`${folder}/${name}`);
    if (Date.now() - mtime!.getTime() < keptMs) continue;
    await Deno.remove(`${folder}/${name}`, { recursive: true });
  }
}

async function digestOf(paths: readonly string[]): Promise<string> {
  const parts = [
    Deno.version.deno,
    ...paths.flatMap((path) => [path, Deno.readTextFileSync(path)]),
  ];
  const data = new TextEncoder().encode(JSON.stringify(parts));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data)).toHex().slice(0, 16);
}

function filesOf(path: string): string[] {
  if (Deno.statSync(`${root}${path}`).isFile) return [`${root}${path}`];
  const names = [...Deno.readDirSync(`${root}${path}`)].map(({ name }) => name).sort();
  return names.flatMap((name) => filesOf(`${path}/${name}`));
}

function exists(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}
