/** A mailbox of 10,000 messages by IMAP through the bridge, beside Dovecot with the same ones where that is installed. */
import { openMailbox } from "../src/client/open_mailbox.ts";
import { utf8 } from "../src/model/bytes.ts";
import { type Dovecot, startDovecot } from "./dovecot.ts";
import { type RunningBridge, startBridge } from "./imap_bridge.ts";
import { benchImapMemory } from "./imap_memory.ts";
import { measureSteps, type Side } from "./imap_steps.ts";
import { type ImapPlace, ImapTalk } from "./imap_talk.ts";
import { makeMessage, mboxOf } from "./made_mail.ts";
import { prepareMbsync } from "./mbsync.ts";
import { print, timed } from "./report.ts";
import { makeAccount, type Workplace } from "./workplace.ts";

const messages = 10_000;

/** Measures what mail programs ask for, and the memory that the bridge takes. */
export async function benchImap(place: Workplace): Promise<void> {
  const made = Array.from({ length: messages }, (_, at) => makeMessage(at + 1));
  await Deno.writeTextFile(`${place.folder}/mail.mbox`, mboxOf(made));
  await makeAccount(place, "imap");
  await place.run(place.program, ["import", `${place.folder}/mail.mbox`, "--user", "imap"]);
  const dovecot = await hasProgram("dovecot") ? await startDovecot(made) : null;
  if (dovecot === null) print("\nNot measured: dovecot is not installed\n");
  try {
    await measure(place, dovecot);
    await benchImapMemory(place, messages);
  } finally {
    await dovecot?.stop();
  }
}

async function measure(place: Workplace, dovecot: Dovecot | null): Promise<void> {
  const bridge = await startBridge(place, "imap");
  try {
    const sides = [await bridgeSide(place, bridge)];
    if (dovecot !== null) sides.push(await dovecotSide(place, dovecot));
    await measureSteps(sides, { bridge: bridge.pid, server: place.serverPid }, messages);
    await measureIndexed(place, sides[0]!);
    for (const { end } of sides) end();
  } finally {
    await bridge.stop();
  }
}

/** What SEARCH BODY takes once the search index is there, and what that takes to make. */
async function measureIndexed(place: Workplace, { talk }: Side): Promise<void> {
  const search = ["search", "nobody has said this", "--user", "imap"];
  const made = await timed(() => place.run(place.program, search));
  print(`  mailctl search, the first: ${made.toFixed(0)} ms\n`);
  await talk.ask("SELECT INBOX");
  const found = await timed(() => talk.ask('SEARCH BODY "nobody has said this"'));
  print(`  SEARCH BODY by the index: ${found.toFixed(0)} ms\n`);
}

async function bridgeSide(place: Workplace, { imap }: RunningBridge): Promise<Side> {
  const login = { ...place.login("imap"), receipts: true, requireVerified: false };
  const filing = { folder: 0, flags: [], keywords: [], internalDate: null };
  const deliver = async (message: string) => {
    const other = await openMailbox(login); // the server hangs up on one that says nothing for minutes
    const content = ReadableStream.from([utf8(message)]);
    await (await other.filed()).keep({ box: "inbox", isRead: false, filing, content });
    other.close();
  };
  return await sideOf(place, "bridge", imap, deliver);
}

async function dovecotSide(place: Workplace, { imap }: Dovecot): Promise<Side> {
  const deliver = async (message: string) => {
    const other = await ImapTalk.open(imap);
    await other.append("INBOX", message);
    other.close();
  };
  return await sideOf(place, "dovecot", imap, deliver);
}

async function sideOf(
  place: Workplace,
  name: string,
  imap: ImapPlace,
  deliver: (message: string) => Promise<void>,
): Promise<Side> {
  const talk = await ImapTalk.open(imap);
  for (const folder of ["Archive", "Trash"]) await talk.ask(`CREATE ${folder}`).catch(() => {});
  await talk.ask("SELECT INBOX");
  const sync = await hasProgram("mbsync")
    ? await prepareMbsync(`${place.folder}/mbsync-${name}`, imap)
    : null;
  return { talk, open: () => ImapTalk.open(imap), deliver, sync, end: () => talk.close() };
}

async function hasProgram(name: string): Promise<boolean> {
  const pipes = { stdin: "null", stdout: "null", stderr: "null" } as const;
  try {
    return (await new Deno.Command(name, { args: ["--version"], ...pipes }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
