import assert from "node:assert/strict";
import { processHost, withHost } from "../../../src/cli/host.ts";
import { giveUpAll, giveUpNativeCode, giveUpPrograms } from "../../../src/cli/permissions.ts";

type State = "granted" | "denied";

/** Runs work in a process that holds every permission, and returns those that it gave up. */
async function givenUpBy(
  work: () => void,
  settings: Record<string, string> = {},
): Promise<string[]> {
  const gone = new Set<string>();
  const told = (name: string) => ({ state: (gone.has(name) ? "denied" : "granted") as State });
  const permissions = {
    querySync: ({ name }: { name: string }) => told(name),
    revokeSync: ({ name }: { name: string }) => told((gone.add(name), name)),
  } as unknown as typeof Deno.permissions;
  const env = { ...processHost.env, toObject: () => settings };
  await withHost({ ...processHost, env, permissions }, () => Promise.resolve(work()));
  return [...gone].sort();
}

function beginAndOpen(args: readonly string[]): () => void {
  return () => {
    giveUpNativeCode(args);
    giveUpPrograms();
  };
}

Deno.test("a command calls no foreign code, and starts no program once it reads what others wrote", async () => {
  assert.deepEqual(await givenUpBy(beginAndOpen(["read", "7"])), ["ffi", "run"]);
  assert.deepEqual(await givenUpBy(giveUpAll), ["ffi", "net", "run", "sys", "write"]);
});

Deno.test("everything is kept where a path leads to devices, which the runtime opens for nothing less", async () => {
  const kept: readonly [string[], Record<string, string>?][] = [
    [["send", "bob", "-a", "/proc/mdstat"]],
    [["send", "bob", "--attach=/sys/class/net/eth0/address"]],
    [["send", "bob", "-a", "/dev/stdin:log.txt"]],
    [["export", "-o", "/dev/stdout"]],
    [["inbox"], { MAILCTL_HOME: "/dev/shm/mailctl" }],
    [["inbox"], { HOME: "/dev/shm/home" }],
    [["inbox"], { XDG_STATE_HOME: "/dev/shm/state" }],
  ];
  for (const [args, settings] of kept) {
    assert.deepEqual(await givenUpBy(beginAndOpen(args), settings), [], args.join(" "));
  }
  const others: readonly [string[], Record<string, string>?][] = [
    [["send", "bob", "-a", "/srv/proc/x", "-s", "of /dev/sda"]],
    [["export", "-o", "/dev/null"]], // the runtime opens it for all
    [["inbox"], { HOME: "/home/dev/", OLDPWD: "/proc/1" }],
  ];
  for (const [args, settings] of others) {
    assert.deepEqual(await givenUpBy(beginAndOpen(args), settings), ["ffi", "run"], args.join(" "));
  }
});
