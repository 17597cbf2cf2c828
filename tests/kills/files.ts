/**
 * Plays commands that write files: each is killed wherever a file gets its name or loses it, one place after the other
 * until there is none left. Every file is then wholly as before or wholly new, and the same command again ends where
 * one that nobody disturbed does.
 */
import assert from "node:assert/strict";
import { finish, givenKey, type Home, type Outcome, type RunOptions } from "../support/program.ts";
import { filesBelow, isLeftover, type Stand } from "./stand.ts";

export interface FileAct {
  readonly home: Home;
  readonly args: readonly string[];
  readonly options?: RunOptions;
}

export interface FileRow {
  /** As the help lists it; words behind it tell rows of one command apart. */
  readonly command: string;
  act(stand: Stand): Promise<FileAct>;
  /** Exit statuses of the same command after it was killed; only 0 unless it is said. */
  readonly again?: readonly number[];
  /** True for what does something more each time it is repeated. */
  readonly adds?: boolean;
  /** Ends what does not end by itself once it has done its work. */
  readonly end?: (child: Deno.ChildProcess) => Promise<Outcome>;
  /** Where it is killed; at all three unless it is said. */
  readonly calls?: readonly ("link" | "rename" | "remove")[];
  /** Files of different lengths each time they are made, or on the way. */
  readonly varies?: RegExp;
  /** Looks at the home after the same command was run again. */
  readonly check?: (home: Home) => void;
}

const mostPlaces = 12;

/** What a home had in it, and how many bytes of each, once a program was killed there and run again. */
interface Killed {
  readonly files: Readonly<Record<string, number>>;
  readonly again: Outcome;
  readonly after: Readonly<Record<string, number>>;
}

export async function killAtEachPlace(stand: Stand, row: FileRow): Promise<void> {
  const act = await row.act(stand);
  const { folder } = act.home;
  const snapshot = `${folder}.before`;
  await copyFolder(folder, snapshot);
  const before = filesBelow(folder);
  const killed: Killed[] = [];
  while (await killAt(stand, row, act, killed.length + 1)) {
    assert.ok(killed.length < mostPlaces, "the places do not end");
    const files = filesBelow(folder);
    for (const path of Object.keys(files)) {
      if (/\.(pem|crt)$/.test(path)) await requireWholePem(`${folder}/${path}`);
      if (path.endsWith(".json")) JSON.parse(await Deno.readTextFile(`${folder}/${path}`));
    }
    const again = await runAgain(row, act);
    row.check?.(act.home);
    killed.push({ files, again, after: filesBelow(folder) });
    await Deno.remove(folder, { recursive: true });
    await copyFolder(snapshot, folder);
  }
  assert.ok(killed.length > 0, "nothing was killed");
  const undisturbed = filesBelow(folder);
  for (const [at, each] of killed.entries()) check(row, { before, undisturbed, ...each }, at + 1);
  await Deno.remove(snapshot, { recursive: true });
}

/** One that ends by itself needs no process of its own; a server that is started again makes no key either. */
async function runAgain({ end }: FileRow, { home, args, options }: FileAct): Promise<Outcome> {
  if (end === undefined) return await home.run(args, options);
  home.runsWith([givenKey]);
  const child = home.start(args, options);
  home.runsWith([]);
  return await end(child);
}

function check(
  row: FileRow,
  { before, undisturbed, files, again, after }:
    & Killed
    & Record<"before" | "undisturbed", Killed["files"]>,
  nth: number,
): void {
  for (const [path, size] of Object.entries(files)) {
    if (isLeftover(path) || row.varies?.test(path)) continue;
    assert.ok([before[path], undisturbed[path]].includes(size), `${path} is half there`);
  }
  assert.ok((row.again ?? [0]).includes(again.status), again.err);
  assert.deepEqual(Object.keys(after).filter(isLeftover), [], `killed at place ${nth}`);
  if (row.adds !== true && again.status === 0) {
    assert.deepEqual(after, undisturbed, `killed at place ${nth}`);
  }
}

/** What is new each time has no length to compare: it has to be blocks of PEM, each with its end. */
async function requireWholePem(path: string): Promise<void> {
  const text = await Deno.readTextFile(path);
  assert.match(text, /^(?:-----BEGIN ([A-Z ]+)-----\n[^-]+-----END \1-----\n)+$/, path);
}

/** Returns whether there was such a place to kill it. */
async function killAt(
  { hold }: Stand,
  { calls = ["link", "rename", "remove"], end }: FileRow,
  { home, args, options = {} }: FileAct,
  nth: number,
): Promise<boolean> {
  hold.query({ calls, when: "before", nth });
  home.runsWith(hold.flagsFor("files"));
  const child = home.start(args, { ...options, env: { ...options.env, ...hold.env } });
  home.runsWith([]);
  const ending = end === undefined ? finish(child, options.stdin) : end(child);
  let ended = false;
  ending.then(() => ended = true);
  while (!ended && hold.standing.length === 0) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const stands = !ended;
  if (stands) child.kill("SIGKILL");
  const { status, err } = await ending;
  assert.equal(status, stands ? 128 + 9 : 0, err);
  hold.release();
  return stands;
}

async function copyFolder(from: string, to: string): Promise<void> {
  const { success } = await new Deno.Command("cp", { args: ["-a", from, to] }).output();
  assert.ok(success);
}
