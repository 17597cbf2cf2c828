/**
 * The program's modules as its executable holds them: bundled once for whatever the sources are now. Hundreds of
 * modules cost every process a quarter of its time.
 */
import { bundle } from "../../tools/bundle.ts";
import { programSources } from "../../tools/program_sources.ts";
import { keptFolder } from "./kept.ts";

const root = new URL("../../", import.meta.url).pathname;

/** What makes a bundle another one. */
const inputs = [
  "main.ts",
  "src",
  "docs",
  "deno.json",
  "deno.lock",
  "tools",
  "tests/support/program_bundle.ts",
];

let bundled: Promise<string> | null = null;

/** Returns the path of the entry, which runs without configuration, lock file and packages. */
export async function bundledProgram(): Promise<string> {
  return `${await (bundled ??= makeBundle())}/main.js`;
}

function makeBundle(): Promise<string> {
  const texts = inputs.flatMap(filesOf).flatMap((path) => [path, Deno.readTextFileSync(path)]);
  return keptFolder([Deno.version.deno, ...texts], async (draft) => {
    const { files } = await bundle(programSources, draft);
    exportCheaply(files.map((file) => `${draft}/${file}`));
  });
}

/** Seconds of processor go into a passphrase: the unit tests have that, and these programs a thousandth of it. */
function exportCheaply(files: readonly string[]): void {
  const call = /\.setScryptWorkFactor\(\w+\)/g;
  const found = files.filter((file) => Deno.readTextFileSync(file).match(call)?.length === 1);
  if (found.length !== 1) throw new Error(`the work factor is set in ${found.length} files`);
  const text = Deno.readTextFileSync(found[0]!);
  Deno.writeTextFileSync(found[0]!, text.replace(call, ".setScryptWorkFactor(8)"));
}

function filesOf(path: string): string[] {
  if (Deno.statSync(`${root}${path}`).isFile) return [`${root}${path}`];
  const names = [...Deno.readDirSync(`${root}${path}`)].map(({ name }) => name).sort();
  return names.flatMap((name) => filesOf(`${path}/${name}`));
}
