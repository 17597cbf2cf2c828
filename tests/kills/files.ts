/**
 * Plays commands that write files: each is killed wherever a file gets its name or loses it, one place after the other
 * until there is none left. Every file is then wholly as before or wholly new, and the same command again ends where
 * one that nobody disturbed does.
 */
import assert from "node:assert/strict";
import { finish, type Home, type Outcome, type RunOptions } from "../support/program.ts";
import { filesBelow, isLeftover, leftovers, type Stand } from "./stand.ts";

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
  /** Files of different lengths each time they are made. */
  readonly varies?: RegExp;
}

const mostPlaces = 12;

export async function killAtEachPlace(stand: Stand, row: FileRow): Promise<void> {
  const act = await row.act(stand);
  const { home, args } = act;
  const snapshot = `${home.folder}.before`;
  await copyFolder(home.folder, snapshot);
  const before = filesBelow(home.folder);
  const end = row.end ?? ((child) => finish(child, act.options?.stdin));
  const whole = await end(home.start(args, act.options));
  assert.equal(whole.status, 0, whole.err);
  const undisturbed = filesBelow(home.folder);

  for (let nth = 1;; nth++) {
    assert.ok(nth < mostPlaces, "the places do not end");
    await Deno.remove(home.folder, { recursive: true });
    await copyFolder(snapshot, home.folder);
    if (!await killAt(stand, row, act, nth)) {
      assert.ok(nth > 1, "nothing was killed");
      break;
    }
    for (const [path, size] of Object.entries(filesBelow(home.folder))) {
      if (isLeftover(path)) continue;
      if (/\.(pem|crt)$/.test(path)) await requireWholePem(`${home.folder}/${path}`);
      if (row.varies?.test(path)) continue;
      assert.ok([before[path], undisturbed[path]].includes(size), `${path} is half there`);
    }
    const again = await end(home.start(args, act.options));
    assert.ok((row.again ?? [0]).includes(again.status), again.err);
    assert.deepEqual(leftovers(home.folder), [], `killed at place ${nth}`);
    if (row.adds !== true && again.status === 0) {
      assert.deepEqual(filesBelow(home.folder), undisturbed, `killed at place ${nth}`);
    }
  }
  await Deno.remove(snapshot, { recursive: true });
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
