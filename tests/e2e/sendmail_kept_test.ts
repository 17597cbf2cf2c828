/** `sendmail -oem` keeps what cannot be sent, whatever the reason, and says where; without it, the status is the reason's. */
import assert from "node:assert/strict";
import { limits } from "../../src/model/limits.ts";
import { type Person, Stage } from "../support/person.ts";

interface Reason {
  readonly args: readonly string[];
  readonly header?: string;
  readonly env?: Readonly<Record<string, string | null>>;
  /** Files of the home, written for this call. */
  readonly files?: Readonly<Record<string, { readonly text: string; readonly mode?: number }>>;
  readonly told: RegExp;
  /** Of the same call without -oem. */
  readonly status: number;
}

const config = ".config/mailctl/config";
const logins = ".local/state/mailctl/logins.json";
const noLogin = { [logins]: { text: "[]" } };

const reasons: Readonly<Record<string, Reason>> = {
  "nobody has the name": { args: ["nobody"], told: /no such account/, status: 67 },
  "another domain": { args: ["a@elsewhere.test"], told: /only to accounts of/, status: 67 },
  "no recipient": { args: [], told: /no recipient/, status: 64 },
  "an argument that is no list": { args: ["bob,<x"], told: /not a list/, status: 65 },
  "a field that is no list": {
    args: ["-t", "bob"],
    header: "To: bob, <x\n",
    told: /Cannot read a field/,
    status: 65,
  },
  "a header that is too large": {
    args: ["bob"],
    header: "X: y\n".repeat(limits.maxHeaderBytes / 4),
    told: /header of more than/,
    status: 65,
  },
  "a long list": { args: Array(3_000).fill("x".repeat(30)), told: /no such account/, status: 67 },
  "too many recipients": {
    args: Array.from({ length: 3_000 }, (_, at) => `x${at}@${"y".repeat(40)}.test`),
    told: /at once: the limit is/,
    status: 65,
  },
  "a message over the server's limit": {
    args: ["bob"],
    header: `\n${"x".repeat(200_000)}\n`,
    told: /the server's limit is/,
    status: 65,
  },
  "settings that cannot be read": {
    args: ["bob"],
    files: { [config]: { text: "no setting\n", mode: 0o600 } },
    told: /it is not `key = value`/,
    status: 78,
  },
  "settings that others can write": {
    args: ["bob"],
    files: { [config]: { text: "user = alice\n", mode: 0o666 } },
    told: /other users can write/,
    status: 78,
  },
  "a server's address that is none": {
    args: ["bob"],
    env: { MAILCTL_SERVER: "a b" },
    told: /Cannot use/,
    status: 78,
  },
  "an account's name that is none": {
    args: ["bob"],
    env: { MAILCTL_USER: "a b" },
    told: /Cannot accept the name/,
    status: 65,
  },
  "no account": { args: ["bob"], files: noLogin, told: /no login is saved/, status: 78 },
  "no account and no server": {
    args: ["bob"],
    files: noLogin,
    env: { MAILCTL_SERVER: null },
    told: /no account is selected/,
    status: 78,
  },
  "saved logins that are damaged": {
    args: ["bob"],
    files: { [logins]: { text: "{" } },
    told: /it is damaged/,
    status: 78,
  },
  "no password": {
    args: ["bob"],
    env: { MAILCTL_USER: "bob" },
    told: /there is no terminal/,
    status: 64,
  },
  "a password file that is not there": {
    args: ["bob"],
    env: { MAILCTL_USER: "bob", MAILCTL_PASSWORD_FILE: "missing" },
    told: /there is no such file/,
    status: 66,
  },
  "a wrong password": {
    args: ["bob"],
    env: { MAILCTL_USER: "bob", MAILCTL_PASSWORD: "not the password" },
    told: /Cannot log in/,
    status: 77,
  },
  "a key that was not compared": {
    args: ["bob"],
    env: { MAILCTL_REQUIRE_VERIFIED: "yes" },
    told: /key is not verified/,
    status: 85,
  },
  "another server's key": {
    args: ["bob"],
    env: { MAILCTL_SERVER: `SERVER#${"0".repeat(64)}` },
    told: /its key has the fingerprint/,
    status: 80,
  },
};

Deno.test("sendmail -oem keeps a message with every reason, and says where", async (t) => {
  await using stage = new Stage();
  const server = await stage.server({ args: ["--max-message", "64K"] });
  const [alice] = await stage.people(server, "alice", "bob");
  for (const [name, reason] of Object.entries(reasons)) {
    const env = Object.fromEntries(
      Object.entries(reason.env ?? {})
        .map(([key, value]) => [key, value?.replace("SERVER", server.address) ?? null]),
    );
    const { args, header = "", told, status } = reason;
    const call = (oem: string[]) =>
      withFiles(
        alice!,
        reason.files ?? {},
        () => alice!.run(["sendmail", ...oem, ...args], { stdin: `${header}\nKeep me.\n`, env }),
      );
    await t.step(name, async () => {
      const kept = await call(["-oem"]);
      assert.equal(kept.status, 0, kept.err);
      const line =
        /^mailctl: Message (\S+) stays in the queue, as failed: (.*)\nhint: .* in (\S+)\. /;
      const [, id, why, path] = line.exec(kept.err) ?? assert.fail(kept.err);
      assert.match(why!, told);
      assert.match(Deno.readTextFileSync(path!), /Keep me\.\r\n$/);
      const { queue } = JSON.parse((await alice!.do(["queue", "--json"])).out);
      assert.deepEqual(queue.map((each: Queued) => [each.id, each.state, each.failure.message]), [
        [id, "failed", why],
      ]);
      await alice!.do(["queue", "remove", id!]);
      const refused = await call([]);
      assert.equal(refused.status, status, refused.err);
      assert.match(refused.err, told);
      assert.equal((await alice!.do(["queue"])).out, "");
    });
  }

  await t.step(
    "what was kept without an account is sent once there is one, and as it was",
    async () => {
      const header = "To: bob\nSubject: too early\n";
      await withFiles(
        alice!,
        noLogin,
        () => alice!.run(["sendmail", "-oem", "-t"], { stdin: `${header}\nKeep me.\n` }),
      );
      const { out } = await alice!.do(["queue", "--json"]);
      assert.deepEqual([JSON.parse(out).queue[0].user, JSON.parse(out).queue[0].server], [
        null,
        null,
      ]);
      assert.match((await alice!.do(["queue", "flush"])).out, /\tsent\t\n$/);
    },
  );

  await t.step("what cannot be read is not sent to a part of its recipients later", async () => {
    for (
      const stdin of [`${reasons["a header that is too large"]!.header}\nx`, "To: bob, <x\n\n"]
    ) {
      await alice!.run(["sendmail", "-oem", "-t", "bob"], { stdin });
    }
    const { status, out } = await alice!.run(["queue", "flush"]);
    assert.deepEqual([status, out.match(/\tfailed\t/g)?.length], [65, 2]);
    const { messages } = await alice!.list("sent");
    assert.deepEqual(messages.map(({ subject }) => subject), ["too early"]);
  });
});

interface Queued {
  readonly id: string;
  readonly state: string;
  readonly failure: { readonly message: string };
}

/** Puts files into a home for as long as the work takes. */
async function withFiles<T>(
  { home }: Person,
  files: NonNullable<Reason["files"]>,
  work: () => Promise<T>,
): Promise<T> {
  const before = Object.entries(files).map(([name, { text, mode = 0o600 }]) => {
    const path = `${home.folder}/home/${name}`;
    const old = readOrNull(path);
    Deno.mkdirSync(path.replace(/\/[^/]*$/, ""), { recursive: true });
    Deno.writeTextFileSync(path, text);
    Deno.chmodSync(path, mode);
    return { path, old };
  });
  try {
    return await work();
  } finally {
    for (const { path, old } of before) {
      if (old === null) Deno.removeSync(path);
      else Deno.writeTextFileSync(path, old);
    }
  }
}

function readOrNull(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return null;
  }
}
