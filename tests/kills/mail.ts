/** Commands that change mailboxes and contacts. */
import type { Person } from "../support/person.ts";
import type { Row } from "./row.ts";
import type { Stand } from "./stand.ts";

/** A message in the inbox of whoever the row is played by. */
export async function received(stand: Stand, { name }: Person): Promise<string> {
  await stand.send("friend", { to: [name], subject: `for ${name}`, body: "x\n" });
  const sql = `SELECT max(entry.id) AS id FROM entry JOIN account ON account.id = account_id
    WHERE name = ? AND box = 'inbox'`;
  return String(stand.query(sql, name)[0]!["id"]);
}

/** Has somebody know their friend's key, so that a command does not have to note it first. */
async function acquainted(stand: Stand, { name }: Person): Promise<void> {
  await stand.person("friend");
  await stand.send(name, { to: ["friend"], subject: "hello", body: "", key: "hello" });
}

/** A row of a command that is about a message in the inbox, whose id `args` are made with. */
export function command(
  name: string,
  write: Row["write"],
  args: (id: string, round: string) => readonly string[],
  more: Partial<Row> & {
    readonly stdin?: string;
    readonly prepare?: (stand: Stand, person: Person, round: string) => Promise<unknown>;
  } = {},
): Row {
  const { stdin, prepare, ...rest } = more;
  return {
    command: name,
    write,
    act: async (stand, person, round) => {
      await acquainted(stand, person);
      await prepare?.(stand, person, round);
      const id = await received(stand, person);
      await person.list("inbox"); // what reading notes is noted by then
      return {
        home: person.home,
        args: [...name.split(" --")[0]!.split(" "), ...args(id, round)],
        options: { stdin },
        accounts: [person.name],
      };
    },
    ...rest,
  };
}

/** Somebody new in each round, whose key is known and not compared. */
function comparison(name: string): Row {
  return {
    command: name,
    write: "replaceKeyring",
    act: async (stand, person, round) => {
      const other = `${name}-${round}`;
      await stand.person(other);
      await stand.send(person.name, { to: [other], subject: "hello", body: "" });
      const [row] = stand.query("SELECT fingerprint FROM account WHERE name = ?", other);
      const fingerprint = (row!["fingerprint"] as Uint8Array).toHex();
      const args = [name, other, "--fingerprint", fingerprint];
      return { home: person.home, args, accounts: [person.name] };
    },
  };
}

const submission = "Subject: from a program\n\nx\n";
const mbox = (text: string) => `From a@x.test Sat Nov 21 09:05:00 2026\nSubject: ${text}\n\nx\n`;
const large = "a line of a longer text\n".repeat(20_000);

export const mailRows: readonly Row[] = [
  command("block", "block", (_, round) => ["friend", `${round}@world.test`]),
  command("unblock", "unblock", () => ["x@world.test"], {
    prepare: async (_, { home }) => void await home.run(["block", "x@world.test"]),
    again: { status: 67, err: /Cannot unblock x@world.test: it is not blocked/ },
  }),
  command("send", "send", (_, round) => ["friend", "--key", round], { stdin: "x" }),
  command("send --upload", "send", (_, round) => ["friend", "--key", round], { stdin: large }),
  command(
    "send --partial",
    "submit",
    (_, round) => ["friend", "nobody", "--partial", "--key", round, "-m", "x"],
    { done: { status: 67, err: /Cannot send to nobody/ } },
  ),
  command(
    "send --hold",
    "submit",
    (_, round) => ["friend", "--hold", "1h", "--key", round, "-m", "x"],
  ),
  {
    command: "send --draft",
    write: "send",
    act: async (stand, person) => {
      await acquainted(stand, person);
      const { out } = await person.do(["send", "friend", "-m", "x", "--save-draft"]);
      const args = ["send", "--draft", out.trim()];
      return { home: person.home, args, accounts: [person.name] };
    },
    again: { status: 0, err: /^mailctl: Draft \d+ was sent before, as message \d+$/m },
    adds: true, // the draft goes then
  },
  command("send --save-draft", "append", () => ["friend", "--save-draft", "-m", "x"], {
    adds: true,
  }),
  {
    command: "cancel",
    write: "cancel",
    act: async (stand, person) => {
      await acquainted(stand, person);
      const { out } = await person.do(["send", "friend", "--hold", "1h", "-m", "x"]);
      const args = ["cancel", out.trim()];
      return { home: person.home, args, accounts: [person.name] };
    },
  },
  command("reply", "send", (id, round) => [id, "--key", round, "-m", "x"]),
  command("forward", "send", (id, round) => [id, "friend", "--key", round]),
  command("sendmail", "send", () => ["friend"], { stdin: submission, cut: 0, adds: true }),
  {
    command: "queue flush",
    write: "send",
    act: async (stand, person) => {
      await acquainted(stand, person);
      await person.do(["sendmail", "-odq", "friend"], { stdin: submission });
      return { home: person.home, args: ["queue", "flush"], accounts: [person.name] };
    },
  },
  comparison("verify"),
  comparison("trust"),
  command("read", "markRead", (id) => [id]),
  command("wait", "markRead", () => ["--unread", "--timeout", "10m"], {
    prepare: received, // one for each time
    adds: true,
  }),
  {
    command: "import",
    write: "append",
    act: (_, { home, name }, round) =>
      Promise.resolve({
        home,
        args: ["import", "--format", "mbox", "-"],
        options: { stdin: mbox(round) }, // what is there is not brought in again
        accounts: [name],
      }),
  },
  command("delete", "deleteEntries", (id) => [id], {
    again: { status: 66, err: /Cannot find message/ },
  }),
];
