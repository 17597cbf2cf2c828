/** Mail is sent while one thing after the other is killed and started again; then all of it must be there, once. */
import type { Mailbox } from "../../src/client/mailbox.ts";
import { type Cluster } from "./cluster.ts";
import { Follower, Person, Sender, type Sent } from "./people.ts";
import { pause, say } from "./programs.ts";
import { Victims } from "./victims.ts";

const senders = 6;
const recipients = 2;
const betweenKillsMs = { least: 1_000, more: 5_000 };
const reportMs = 60_000;

/** What was found at the end. */
interface Verdict {
  readonly lost: readonly string[];
  readonly doubled: readonly string[];
  /** Whose ids have gaps, and whose were told wrong. */
  readonly gaps: readonly string[];
  /** What the one who waits for mail did not hear of, or heard twice. */
  readonly misheard: readonly string[];
}

/** Sends mail for so long. Returns whether nothing was lost, doubled or refused. */
export async function survive(cluster: Cluster, ms: number): Promise<boolean> {
  const server = await cluster.trusted();
  const join = (name: string) => Person.register(name, server, cluster.programs.folder);
  const names = Array.from({ length: recipients }, (_, n) => `reader${n}`);
  const readers = await Promise.all(names.map(join));
  const all = await Promise.all(
    Array.from({ length: senders }, async (_, n) => new Sender(await join(`sender${n}`), names)),
  );
  const followers = readers.map((reader) => new Follower(reader));
  const victims = new Victims(cluster);
  say(`# ${senders} send to ${recipients} for ${ms / 60_000} minutes`);
  const end = performance.now() + ms;
  const isOver = () => performance.now() > end;
  await Promise.all([
    ...all.map((sender) => sender.work(isOver)),
    killUntil(isOver, victims),
    reportUntil(isOver, all, victims),
  ]);
  await victims.heal();
  const verdict = await judge(all, readers, followers);
  report(all, victims, cluster);
  return tell(verdict) && all.every(({ refusals }) => refusals.length === 0);
}

async function killUntil(isOver: () => boolean, victims: Victims): Promise<void> {
  while (!isOver()) {
    await pause(betweenKillsMs.least + Math.random() * betweenKillsMs.more);
    if (!isOver()) await victims.killOne();
  }
}

async function reportUntil(
  isOver: () => boolean,
  all: readonly Sender[],
  victims: Victims,
): Promise<void> {
  for (let at = performance.now() + reportMs; !isOver(); await pause(500)) {
    if (performance.now() < at) continue;
    at += reportMs;
    say(`# ${countOf(all)} acknowledged, ${victims.summary()}`);
  }
}

function countOf(all: readonly Sender[]): number {
  return all.reduce((sum, { sent }) => sum + sent.length, 0);
}

/** Looks at every mailbox as its owner does. */
async function judge(
  all: readonly Sender[],
  readers: readonly Person[],
  followers: readonly Follower[],
): Promise<Verdict> {
  const verdict = { lost: [], doubled: [], gaps: [], misheard: [] } as Record<
    keyof Verdict,
    string[]
  >;
  const sent = all.flatMap((sender) => sender.sent);
  for (const [n, reader] of readers.entries()) {
    const wanted = sent.filter(({ to }) => to.includes(reader.name)).map(({ key }) => key);
    const there = await reader.with((mailbox) => keysOf(mailbox, "inbox", verdict.gaps));
    compare(wanted, [...there.values()], verdict, reader.name);
    await followers[n]!.end(wanted.length);
    const { lost, doubled } = { lost: [], doubled: [] };
    compare(wanted, followers[n]!.heard, { lost, doubled }, reader.name);
    verdict.misheard.push(...lost, ...doubled);
  }
  for (const { person, sent } of all) {
    const there = await person.with((mailbox) => keysOf(mailbox, "sent", verdict.gaps));
    compare(sent.map(({ key }) => key), [...there.values()], verdict, person.name);
    verdict.gaps.push(...sent.filter((one) => there.get(one.id) !== one.key).map(toldWrong));
  }
  return verdict;
}

function toldWrong({ id, key }: Sent): string {
  return `${key} is not message ${id}`;
}

/** What is in a box by its ids, which count up from 1: nothing was deleted. */
async function keysOf(
  mailbox: Mailbox,
  box: "inbox" | "sent",
  gaps: string[],
): Promise<Map<number, string>> {
  const { messages } = await mailbox.list({ box, limit: 10_000_000 });
  const keys = new Map<number, string>();
  for (const { id, headers } of messages) keys.set(id, headers?.subject ?? "cannot be opened");
  const newest = messages[0]?.id ?? 0;
  if (newest !== messages.length || keys.size !== newest) {
    gaps.push(`${box} has ${messages.length} messages, and the newest is ${newest}`);
  }
  return keys;
}

function compare(
  wanted: readonly string[],
  there: readonly string[],
  { lost, doubled }: { readonly lost: string[]; readonly doubled: string[] },
  whose: string,
): void {
  const seen = new Set(there);
  lost.push(...wanted.filter((key) => !seen.has(key)).map((key) => `${key} of ${whose}`));
  const known = new Set(wanted);
  const twice = new Set<string>();
  for (const key of there) {
    if (twice.has(key) || !known.has(key)) doubled.push(`${key} of ${whose}`);
    twice.add(key);
  }
}

function report(all: readonly Sender[], victims: Victims, cluster: Cluster): void {
  const repeats = all.reduce((sum, { repeats }) => sum + repeats, 0);
  const longest = Math.max(...all.map(({ longestMs }) => longestMs));
  say(`acknowledged      ${countOf(all)}`);
  say(`repeated by key   ${repeats}`);
  say(`longest pause     ${(longest / 1000).toFixed(1)} s`);
  say(`killed            ${victims.summary()}`);
  say(`ended by itself   ${cluster.programs.ended.length}`);
  for (const line of new Set(cluster.programs.ended)) say(`  ${line}`);
  const refusals = all.flatMap(({ refusals }) => refusals);
  say(`errors that no repeat helps ${refusals.length}`);
  for (const refusal of refusals.slice(0, 20)) say(`  ${refusal}`);
}

function tell(verdict: Verdict): boolean {
  for (const [what, found] of Object.entries(verdict)) {
    say(`${what.padEnd(17)} ${found.length}`);
    for (const one of found.slice(0, 20)) say(`  ${one}`);
  }
  return Object.values(verdict).every((found) => found.length === 0);
}
