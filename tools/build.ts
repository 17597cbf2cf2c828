/**
 * Makes the program one executable file:
 *
 *     deno run -A tools/build.ts [--target TRIPLE] [--output dist/mailctl]
 *
 * bundle.ts joins the modules, then compile.ts makes the executable; where the base for that
 * cannot be had, self_extract.ts makes another form, for this system only.
 */
import { parseArgs } from "node:util";
import { type Bundle, bundle, type Sources } from "./bundle.ts";
import { compile, NoBase } from "./compile.ts";
import { programSources } from "./program_sources.ts";
import { type Packing, selfExtract } from "./self_extract.ts";

/** What to build, and where to. Paths are absolute or relative to the current folder. */
export interface Build extends Sources, Packing {
  readonly output: string;
  /** Another system to build for, as deno names it. */
  readonly target?: string | undefined;
  /** `"extract"` does not try to compile. */
  readonly form?: "any" | "extract";
}

type Form = "compiled" | "self-extracting";

/** Builds the executable and tells which form it has. @throws {Error} with what to tell the user. */
export async function build(options: Build): Promise<Form> {
  const output = absolute(options.output);
  const sources = {
    ...options,
    entry: absolute(options.entry),
    workers: options.workers?.map(absolute),
  };
  const folder = Deno.makeTempDirSync({ prefix: "mailctl-build-" });
  try {
    const made = await bundle(sources, folder);
    return await replace(output, (draft) => pack(made, draft, options));
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

async function pack(made: Bundle, output: string, options: Build): Promise<Form> {
  if (options.form !== "extract") {
    try {
      await compile(made, output, options.target);
      return "compiled";
    } catch (error) {
      if (!(error instanceof NoBase)) throw error;
      refuseOtherSystem(options.target);
    }
  }
  await selfExtract(made, output, options);
  return "self-extracting";
}

function refuseOtherSystem(target = Deno.build.target): void {
  if (target === Deno.build.target) return;
  throw new Error(`Cannot build for ${target}: its base for deno compile cannot be downloaded`);
}

/** Replaces `path` in one step: the old file may be running, and reading itself. */
async function replace<T>(path: string, write: (draft: string) => Promise<T>): Promise<T> {
  const cut = path.lastIndexOf("/");
  const [dir, name] = [path.slice(0, cut), path.slice(cut + 1)];
  Deno.mkdirSync(dir, { recursive: true });
  const drafts = Deno.makeTempDirSync({ dir, prefix: ".draft-" });
  try {
    const result = await write(`${drafts}/${name}`);
    // Not always the name asked for: deno adds `.exe` for Windows.
    for (const made of Deno.readDirSync(drafts)) {
      Deno.renameSync(`${drafts}/${made.name}`, `${dir}/${made.name}`);
    }
    return result;
  } finally {
    Deno.removeSync(drafts, { recursive: true });
  }
}

function absolute(path: string): string {
  return path.startsWith("/") ? path : `${Deno.cwd()}/${path}`;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    args: Deno.args,
    options: { target: { type: "string" }, output: { type: "string", default: "dist/mailctl" } },
  });
  const form = await build({ ...values, ...programSources });
  if (form === "self-extracting") {
    tell("The base for deno compile cannot be downloaded: made the self-extracting form instead.");
    tell(`It runs on ${Deno.build.target} only and unpacks itself on its first run.`);
  }
  tell(`Built ${values.output} (${form})`);
}

function tell(line: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${line}\n`));
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    tell(`build: ${error instanceof Error ? error.message : error}`);
    Deno.exit(1);
  }
}
