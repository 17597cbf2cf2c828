/** As the first process of a container, whom no signal ends by itself: every command ends as everywhere else. */
import assert from "node:assert/strict";
import { Stage } from "../support/person.ts";
import { type Home, programLine } from "../support/program.ts";

const signals = [["SIGTERM", 143], ["SIGINT", 130], ["SIGHUP", 129]] as const;

Deno.test("signals to the first process of a container", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice] = await stage.people(server, "alice");
  const commands = [
    { args: ["send", "alice", "-s", "x"], says: null, statuses: {} },
    { args: ["wait", "--timeout", "60s"], says: null, statuses: {} },
    { args: ["watch"], says: null, statuses: {} },
    {
      args: ["bridge", "--smtp", "127.0.0.1:0", "--imap", "127.0.0.1:0", "--pop3", "127.0.0.1:0"],
      says: "password",
      statuses: { SIGTERM: 0, SIGINT: 0 },
    },
    { args: ["web", "--no-open"], says: "http", statuses: { SIGTERM: 0, SIGINT: 0 } },
  ] as const;
  for (const { args, says, statuses } of commands) {
    for (const [signal, usual] of signals) {
      await t.step(`${args[0]}: ${signal}`, async () => {
        const child = start(alice!.home, args);
        const own = await firstChild(child.pid);
        await (says === null ? untilConnected(own) : untilSaid(child, says));
        Deno.kill(own, signal);
        const expected = (statuses as Record<string, number>)[signal] ?? usual;
        assert.equal((await child.status).code, expected);
        await Promise.allSettled([child.stdin.close(), child.stdout.cancel()]);
      });
    }
  }
});

/** Starts a command in a namespace of processes of its own; the end of `unshare` is its end. */
function start(home: Home, args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command("unshare", {
    args: ["--pid", "--fork", "--kill-child=KILL", ...programLine, ...args],
    cwd: home.work,
    clearEnv: true,
    env: home.environment(),
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
}

async function firstChild(pid: number): Promise<number> {
  return await until(() => {
    const children = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`).trim();
    return children === "" ? null : Number(children.split(" ")[0]);
  });
}

/**
 * A connection shows that the command is under way. That the system knows a handler would not do: the runtime has one
 * of its own from before the program is loaded, and faults there.
 */
async function untilConnected(pid: number): Promise<void> {
  await until(() => {
    const files = [...Deno.readDirSync(`/proc/${pid}/fd`)].map(({ name }) =>
      readLinkIfAny(`/proc/${pid}/fd/${name}`)
    );
    const connections = Deno.readTextFileSync("/proc/net/tcp").trim().split("\n")
      .map((line) => `socket:[${line.trim().split(/\s+/)[9]}]`);
    return files.some((file) => file !== null && connections.includes(file)) ? true : null;
  });
}

function readLinkIfAny(path: string): string | null {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return null; // it was closed meanwhile
  }
}

async function untilSaid(child: Deno.ChildProcess, words: string): Promise<void> {
  const decoder = new TextDecoder();
  let said = "";
  const reader = child.stdout.getReader();
  while (!said.includes(words)) {
    const { value, done } = await reader.read();
    assert.ok(!done, `it ended, and said only: ${said}`);
    said += decoder.decode(value, { stream: true });
  }
  reader.releaseLock();
}

async function until<T>(look: () => T | null): Promise<T> {
  for (let attempt = 0; attempt < 600; attempt++) {
    const found = look();
    if (found !== null) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("it did not come to that within 30 s");
}
