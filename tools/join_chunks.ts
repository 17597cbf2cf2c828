/**
 * Joins what the bundler took too far apart. It makes a file of every set of modules that the same lazy imports
 * share; a hundred of these leave fifty files on the way of one command, and each costs it a fifth of a millisecond.
 */
import { runDeno } from "./deno_command.ts";
import { listFiles } from "./file_list.ts";

/** What one file is to hold: all the chunks that these modules need, beyond what the groups before it hold. */
export interface ChunkGroup {
  readonly name: string;
  /** Whole paths of modules that are imported lazily; once bundled, of the files made of them. */
  readonly entries: readonly string[];
}

/** An import or export from another file of the bundle: names, way, file. */
const reference =
  /\b((?:import|export)\s*(?:\{([^}]*)\}\s*from\s*)?)"((?:\.{1,2}\/)+)([^"]+\.js)"/g;
/** Licences may follow it. */
const ownExports = /\bexport\s*\{([^}]*)\};?\s*(?:\/\*[^]*\*\/\s*)?$/;

/**
 * Makes a file a group in the bundle `folder`, and removes the chunks that are in it now. What `main` needs stays
 * as it is. @throws {Error} where the bundle is not as expected
 */
export async function joinChunks(
  folder: string,
  main: string,
  groups: readonly ChunkGroup[],
): Promise<void> {
  const apart = reached([main], folder);
  for (const { name, entries } of groups) {
    const chunks = [...reached(entries, folder)]
      .filter((file) => file.startsWith("chunk-") && !apart.has(file));
    await join(folder, `${name}.js`, chunks);
  }
}

async function join(folder: string, file: string, chunks: readonly string[]): Promise<void> {
  const draft = `draft-${file}`;
  const lines = chunks.map((chunk, at) => {
    const names = exportsOf(read(folder, chunk)).map((name) => `${name} as ${name}$${at}`);
    return `export { ${names.join(", ")} } from "./${chunk}";\n`;
  });
  Deno.writeTextFileSync(`${folder}/${draft}`, lines.join(""));
  const others = listFiles(folder).filter((each) => !chunks.includes(each) && each !== draft);
  const external = others.map((each) => `--external=./${each}`);
  const flags = ["--quiet", "--platform=deno", "--minify", "--no-config", ...external];
  const outcome = await runDeno(["bundle", ...flags, "--output", file, draft], folder);
  if (!outcome.success) throw new Error(`Cannot join ${file}:\n${outcome.said}`);
  for (const each of [draft, ...chunks]) Deno.removeSync(`${folder}/${each}`);
  for (const each of others) redirect(`${folder}/${each}`, file, chunks);
}

/** Has a file import from the joined file what it imported from its parts. */
function redirect(path: string, file: string, chunks: readonly string[]): void {
  const text = Deno.readTextFileSync(path);
  const redirected = text.replaceAll(reference, (whole, before, names, way, chunk) => {
    const at = chunks.indexOf(chunk);
    if (at < 0) return whole;
    const renamed = names === undefined
      ? before
      : before.replace(`{${names}}`, () => `{${rename(names, at)}}`);
    return `${renamed}"${way}${file}"`;
  });
  const left = chunks.find((chunk) => redirected.includes(chunk));
  if (left !== undefined) throw new Error(`${path} refers to ${left} in a way not known here`);
  if (redirected !== text) Deno.writeTextFileSync(path, redirected);
}

/** `a as b,c` becomes `a$7 as b,c$7 as c`. */
function rename(names: string, at: number): string {
  return names.split(",").map((each) => {
    const [name = "", local = name] = each.trim().split(/\s+as\s+/);
    return `${name}$${at} as ${local}`;
  }).join(",");
}

function exportsOf(text: string): string[] {
  const names = ownExports.exec(text)?.[1]?.split(",") ?? [];
  return names.map((each) => each.trim().split(/\s+as\s+/).at(-1)!);
}

/** Files that are read before any of `roots` runs, with these. */
export function reached(roots: readonly string[], folder: string): Set<string> {
  const found = new Set<string>();
  const left = [...roots];
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    for (const [, , , , imported = ""] of read(folder, file).matchAll(reference)) {
      left.push(imported);
    }
  }
  return found;
}

function read(folder: string, file: string): string {
  return Deno.readTextFileSync(`${folder}/${file}`);
}
