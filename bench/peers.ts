/** Other programs that do part of the same, whole processes, where this machine has them. None is installed here. */
import { type Dovecot, startDovecot } from "./dovecot.ts";
import { inTurns, print, report } from "./report.ts";
import { makeAccount, type Workplace } from "./workplace.ts";

const rounds = 15;

/** What of mailctl stands beside a program, and what that program does. */
interface Peer {
  readonly program: string;
  readonly name: string;
  readonly work: () => Promise<unknown>;
  readonly floorName: string;
  /** Makes what the program needs; it returns what it does once. */
  readonly prepare: () => Promise<() => Promise<unknown>>;
  /** Ends what was begun for it. */
  readonly end?: () => Promise<void>;
}

/** Measures sealing a short text beside age, handing in one message beside msmtp, and a list beside dovecot. */
export async function benchPeers(place: Workplace): Promise<void> {
  await makeAccount(place, "peer");
  const send = () => place.run(place.program, ["send", "peer", "-s", "A message"], text);
  await send();
  for (const peer of peersOf(place, send)) {
    const isThere = await succeeds(peer.program, ["--version"]);
    if (!isThere) print(`\nNot measured: ${peer.program} is not installed (${peer.name})\n`);
    else await measure(peer);
  }
}

/** Mail by SMTP is from outside: it is accepted from no account without a login. */
const outside = "ann@elsewhere.test";
const text = `${"A short text. ".repeat(5)}\n`.repeat(4);
const mailFrom = (author: string) =>
  `From: ${author}\r\nTo: peer@example.org\r\nSubject: A message\r\n\r\n${text}`;

/** So many are listed. */
const messages = Array.from({ length: 50 }, () => mailFrom("peer@example.org"));

function peersOf(place: Workplace, send: () => Promise<unknown>): Peer[] {
  const { folder } = place;
  let dovecot: Dovecot | null = null;
  const file = `${folder}/short.txt`;
  return [
    {
      program: "age",
      name: "send a short text",
      work: send,
      floorName: "age, sealing a file",
      prepare: async () => {
        const recipient = await ageKey(folder);
        await Deno.writeTextFile(file, text);
        return () => run("age", ["-r", recipient, "-o", `${file}.age`, file]);
      },
    },
    {
      program: "age",
      name: "read a short text",
      work: () => place.run(place.program, ["read", "2"]), // 1 is the sender's own copy
      floorName: "age, opening a file",
      prepare: () =>
        Promise.resolve(() => run("age", ["-d", "-i", `${folder}/age.key`, `${file}.age`])),
    },
    {
      program: "msmtp",
      name: "hand in mail by sendmail",
      work: () =>
        place.run(place.program, ["sendmail", "peer@example.org"], mailFrom("peer@example.org")),
      floorName: "msmtp, to `serve --smtp`",
      prepare: () => {
        const [host = "", port = ""] = place.smtpAddress.split(":");
        const options = [`--host=${host}`, `--port=${port}`, `--from=${outside}`];
        return Promise.resolve(() =>
          run("msmtp", [...options, "peer@example.org"], mailFrom(outside))
        );
      },
    },
    {
      program: "dovecot",
      name: "list 50 messages",
      work: () => place.run(place.program, ["inbox", "-n", `${messages.length}`]),
      floorName: "curl, IMAP over TLS from dovecot",
      prepare: async () => {
        const { list } = dovecot = await startDovecot(messages);
        const mbox = messages.map((message) => `From peer Thu Jan  1 00:00:00 2026\n${message}\n`);
        await place.run(place.program, ["import", "-"], mbox.join(""));
        return list;
      },
      end: async () => await dovecot?.stop(),
    },
  ];
}

async function measure({ name, work, floorName, prepare, end }: Peer): Promise<void> {
  const [own, theirs] = await prepare()
    .then((theirWork) => inTurns(rounds, [work, theirWork]))
    .finally(end) as [number, number];
  report(`Beside another program: ${name} (milliseconds)`, [
    { name, value: own, unit: "ms", floor: theirs, floorName },
  ]);
}

/** Makes a key of age's own, and returns its recipient. */
async function ageKey(folder: string): Promise<string> {
  const path = `${folder}/age.key`;
  await run("age-keygen", ["-o", path]);
  return /age1\w+/.exec(await Deno.readTextFile(path))![0];
}

async function run(program: string, args: readonly string[], stdin = ""): Promise<void> {
  if (!await succeeds(program, args, stdin)) throw new Error(`${program} failed`);
}

/** False where it fails, or is not there. */
async function succeeds(program: string, args: readonly string[], stdin = ""): Promise<boolean> {
  const pipes = { stdin: "piped", stdout: "null", stderr: "null" } as const;
  try {
    const process = new Deno.Command(program, { args: [...args], ...pipes }).spawn();
    const writer = process.stdin.getWriter();
    await writer.write(new TextEncoder().encode(stdin)).catch(() => {}); // it may not want any
    await writer.close().catch(() => {});
    return (await process.status).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
