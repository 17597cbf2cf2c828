/** Commands that write files: those a person asked for, and those that mailctl keeps for itself. */
import assert from "node:assert/strict";
import { password } from "../support/person.ts";
import type { FileAct, FileRow } from "./files.ts";
import type { Outcome } from "../support/program.ts";
import type { Stand } from "./stand.ts";

/** Somebody with two messages, one of them with a file in it, and nothing of theirs on this machine but a login. */
async function reader(stand: Stand, name: string): Promise<FileAct["home"]> {
  const { home } = await stand.person(name);
  const content = new TextEncoder().encode("three\n");
  const attachments = [{ name: "page", type: "text/plain", size: null, content }];
  await stand.person("friend");
  await stand.send(name, { to: ["friend"], subject: "hello", body: "" }); // their key is noted
  await stand.send("friend", { to: [name], subject: "one", body: "one\n" });
  await stand.send("friend", { to: [name], subject: "two", body: "two\n", attachments });
  return home;
}

function command(
  name: string,
  args: readonly string[],
  more: Partial<FileRow> & { readonly first?: readonly string[]; readonly stdin?: string } = {},
): FileRow {
  const { first, stdin, ...rest } = more;
  return {
    command: name,
    act: async (stand) => {
      const home = await reader(stand, name.replaceAll(/\W+/g, "-"));
      if (first !== undefined) await home.run(first, { stdin });
      return { home, args, options: first === undefined ? { stdin } : {} };
    },
    ...rest,
  };
}

const mail = "Subject: waits\n\nx\n";

/** Lets a server start, and ends it as a signal does. */
async function startAndEnd(child: Deno.ChildProcess): Promise<Outcome> {
  const [stdout, copy] = child.stdout.tee();
  const err = new Response(child.stderr).text();
  const reader = copy.pipeThrough(new TextDecoderStream()).getReader();
  for (let text = ""; text.split("\n").length <= 3;) {
    const { value, done } = await reader.read();
    if (done) break;
    text += value;
  }
  try {
    child.kill("SIGTERM");
  } catch {
    // it was killed
  }
  const [bytes, { code }] = await Promise.all([new Response(stdout).bytes(), child.status]);
  return { status: code, bytes, out: new TextDecoder().decode(bytes), err: await err };
}

/** A server of its own in a home of its own. */
function serve(name: string, flags: readonly string[], isFirst: boolean): FileRow {
  const args = ["serve", "--listen", "127.0.0.1:0", "--domain", "else.test"];
  return {
    command: name,
    act: async (stand) => {
      const home = stand.stage.home(name.replaceAll(/\W+/g, "-"));
      if (!isFirst) await startAndEnd(home.start(args));
      return { home, args: [...args, ...flags] };
    },
    adds: true,
    end: startAndEnd,
    calls: ["link", "rename"],
    varies: /known_servers$|\.(pem|crt)$|\.key$|successions.json$|mailctl\.db/,
  };
}

export const fileRows: readonly FileRow[] = [
  command("read -o", ["read", "1", "--body", "-o", "body"], { again: [0, 73] }),
  command("export", ["export", "-o", "all.mbox"], { again: [0, 73] }),
  command("export --format maildir", ["export", "--format", "maildir", "-o", "all"]),
  command("export --format age", ["export", "--format", "age", "-o", "all"]),
  command("keys export", ["keys", "export", "--plain", "-o", "keys"], { again: [0, 73] }),
  command("read --save", ["read", "3", "--save", "saved"], { adds: true }),
  command("logout", ["logout", "--all"]),
  {
    command: "login move",
    act: async (stand) => {
      const home = await reader(stand, "login-move");
      const port = stand.server.address.split(":").at(-1);
      return { home, args: ["login", "move", `localhost:${port}`] };
    },
    again: [0, 64], // it was done already
  },
  command("sendmail -odq", ["sendmail", "-odq", "friend"], { stdin: mail, adds: true }),
  command("queue flush", ["queue", "flush"], {
    stdin: mail,
    first: ["sendmail", "-odq", "friend"],
  }),
  {
    command: "queue remove",
    act: async (stand) => {
      const home = await reader(stand, "queue-remove");
      await home.run(["sendmail", "-odq", "friend"], { stdin: mail });
      const { out } = await home.run(["queue", "--json"]);
      const { queue: [{ id }] } = JSON.parse(out);
      return { home, args: ["queue", "remove", id] };
    },
    again: [0, 66],
  },
  serve("serve", [], true),
  serve("serve --rotate-key", ["--rotate-key"], false),
  {
    command: "login",
    act: async (stand) => {
      const { home } = await stand.person("login");
      await stand.account("somebody", home);
      return {
        home,
        args: ["login", "somebody"],
        options: { env: { MAILCTL_PASSWORD: password } },
      };
    },
    adds: true, // the server keeps the login of each round, and the next one has another label
    varies: /logins\.json$/, // it has the login before the server knows it
    check: ({ folder }) => {
      const logins = Deno.readTextFileSync(`${folder}/home/.local/state/mailctl/logins.json`);
      assert.deepEqual(JSON.parse(logins).filter((one: { unsaved?: true }) => one.unsaved), []);
    },
  },
  {
    command: "admin backup",
    act: async (stand) => {
      const { home } = await stand.person("backup");
      return { home, args: ["admin", "backup", "backup.db", "--data", stand.data] };
    },
    again: [0, 73],
  },
];
