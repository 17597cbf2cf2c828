/** Mail programs with screens by IMAP, at a terminal: what they do is seen by commands, and the other way round. */
import assert from "node:assert/strict";
import { BridgeProcess } from "../support/bridge_process.ts";
import { areInstalled } from "../support/installed.ts";
import { type Person, Stage, until } from "../support/person.ts";
import { Terminal } from "../support/program_terminal.ts";

interface Place {
  readonly alice: Person;
  readonly bob: Person;
  readonly bridge: BridgeProcess;
}

interface Program {
  /** A line of shell that writes its settings, from the environment. */
  readonly setUp: string;
  /** A line of shell that opens INBOX. */
  readonly line: string;
  /** Keys that flag the first of four messages. */
  readonly starFirst: string;
  /** Keys that move the second to Trash from there. */
  readonly trashSecond: string;
  /** Keys that move the third to Archive after that. */
  readonly archiveThird: string;
  /** Keys that write a message to alice, whose subject ends in `sent`; the editor adds a line. */
  readonly compose: string;
  /** What is asked then, and the keys that send it. */
  readonly send: readonly [sees: string, keys: string];
  readonly quit: string;
  /** Moves what is starred into Archive; null: it remembers nothing that this would show. */
  readonly archiveStarred: string | null;
}

const muttRc = (program: string) =>
  `mkdir -p ${program}; (umask 077; cat > ${program}rc) <<END
set from=bob@mail.test certificate_file=$CERTIFICATE ssl_force_tls=yes
set imap_user=bob imap_pass=$PASSWORD smtp_pass=$PASSWORD
set smtp_url="smtp://bob@localhost:$SMTP" folder="imap://localhost:$IMAP" spoolfile=+INBOX
set record=+Sent postponed=+Drafts trash=+Trash delete=yes confirmappend=no
set imap_idle=yes imap_condstore=yes imap_qresync=yes header_cache=$PWD/${program} timeout=1
END
`;

const mutt = (program: string): Program => ({
  setUp: muttRc(program),
  line: `${program} -n -F ${program}rc`,
  starFirst: `/~s ${program}-one\rF`,
  trashSecond: `/~s ${program}-two\rd$`,
  archiveThird: `/~s ${program}-three\rs\x15=Archive\r$`,
  compose: `malice@mail.test\r${program}-sent\r`,
  send: ["y:Send", "y"],
  quit: "q",
  archiveStarred: "l~F\rT.\r;s\x15=Archive\r$q",
});

const programs: Readonly<Record<string, Program>> = {
  mutt: mutt("mutt"),
  neomutt: mutt("neomutt"),
  aerc: {
    setUp: `mkdir -p ~/.config/aerc; (umask 077; cat > ~/.config/aerc/accounts.conf) <<END
[mailctl]
source = imap://bob:$PASSWORD@localhost:$IMAP
outgoing = smtp+plain://bob:$PASSWORD@localhost:$SMTP
smtp-starttls = yes
default = INBOX
from = Bob <bob@mail.test>
copy-to = Sent
postpone = Drafts
END
`,
    line: "aerc",
    starFirst: "jjj:flag\r",
    trashSecond: "k:move Trash\r",
    archiveThird: "gj:move Archive\r",
    compose: ":compose -H 'To: alice@mail.test' -H 'Subject: aerc-sent'\r",
    send: ["Send this email?", ":send\r"],
    quit: ":quit -f\r", // also before its copy is in Sent
    archiveStarred: null,
  },
};

Deno.test("programs with screens by IMAP", async (t) => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice, bob] = await stage.people(server, "alice", "bob") as [Person, Person];
  const bridge = stage.keep(await BridgeProcess.start(bob));
  for (const [name, program] of Object.entries(programs)) {
    await t.step({
      name,
      ignore: !areInstalled(name),
      fn: () => useProgram({ alice, bob, bridge }, name, program),
    });
  }
});

async function useProgram(place: Place, name: string, program: Program): Promise<void> {
  const { alice, bob, bridge: { settings } } = place;
  const env = {
    IMAP: String(settings.imap.port),
    SMTP: String(settings.smtp.port),
    PASSWORD: settings.password,
    CERTIFICATE: settings.certificate,
    SSL_CERT_FILE: settings.certificate,
    EDITOR: "echo x >>",
  };
  const { status, err } = await bob.home.shell(program.setUp, { env });
  assert.equal(status, 0, err);
  const send = (subject: string) => alice.send(["bob", "-s", `${name}-${subject}`, "-m", "x"]);
  const inbox = () => subjectsIn(bob, "INBOX", name);
  for (const subject of ["one", "two", "three", "four"]) await send(subject);

  await using screen = Terminal.open(bob.home, program.line, { env, columns: 120 });
  await screen.sees(`${name}-four`);
  await screen.types(program.starFirst);
  await screen.types(program.trashSecond);
  await becomes(() => subjectsIn(bob, "Trash", name), ["two"]);
  await screen.types(program.archiveThird);
  await becomes(() => subjectsIn(bob, "Archive", name), ["three"]);
  await becomes(inbox, ["four", "one flagged"]);
  await send("five"); // it hears of it by itself
  await screen.sees(`${name}-five`);
  await screen.types(program.compose);
  const [asked, keys] = program.send;
  await screen.sees(asked);
  await screen.types(keys);
  const retries = setInterval(() => screen.types(keys), 15_000); // mutt drops what is typed while its editor ends
  await becomes(() => subjectsIn(alice, "INBOX", name), ["sent"]).finally(() =>
    clearInterval(retries)
  );
  await screen.types(program.quit);
  assert.equal(await screen.ends(), 0);

  if (program.archiveStarred === null) return;
  const [five] = (await bob.list("inbox")).messages;
  await bob.do(["flag", String(five!.id), "+flagged"]);
  await send("six");
  await using again = Terminal.open(bob.home, program.line, { env, columns: 120 });
  await again.sees(`${name}-six`);
  await again.types(program.archiveStarred);
  assert.equal(await again.ends(), 0);
  assert.deepEqual(await inbox(), ["four", "six"]);
}

/** The messages of a program's own in a folder, with their flags. */
async function subjectsIn(person: Person, folder: string, name: string): Promise<string[]> {
  const { out } = await person.do(["inbox", "--json", "--folder", folder]);
  const messages: { subject: string; flags: string[] }[] = JSON.parse(out).messages;
  return messages.filter(({ subject }) => subject.startsWith(`${name}-`))
    .map(({ subject, flags }) => [subject.slice(name.length + 1), ...flags].join(" ")).toSorted();
}

async function becomes(look: () => Promise<string[]>, wanted: string[]): Promise<void> {
  let last: string[] = [];
  await until(async () => JSON.stringify(last = await look()) === JSON.stringify(wanted), "it")
    .catch(() => assert.deepEqual(last, wanted));
}
