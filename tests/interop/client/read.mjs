/** Reading mail: WIRE 6 **list**, **fetch** and **markRead**, the checks of 8.5, and the keyring's word on the sender. */
import { openBody } from "./body.mjs";
import { openEnvelope } from "./envelope.mjs";
import { flags, openFiling } from "./filing.mjs";
import { withKeyring } from "./keyring.mjs";
import { followLines, hasKeys, isGoodAt, keysOnLine } from "./lines.mjs";
import { states, wasSeen, withSearched, withSeen } from "./numbers.mjs";
import { readAtOf, signReceipt } from "./receipts.mjs";
import { openSummary, sealSummary } from "./summary.mjs";

const pageOf = 200;
const judged = ["signed", "verified", "unknown", "imported"];

/** All messages of a box, newest first. What is opened for the first time is noted in keyring and summaries. */
export async function readBox(who, box) {
  const entries = (await listBox(who, box)).toReversed();
  const opened = [];
  for (let at = 0; at < entries.length; at += pageOf) {
    const isLast = at + pageOf >= entries.length;
    opened.push(...await openPage(who, entries.slice(at, at + pageOf), box === "inbox" && isLast));
  }
  return opened.toReversed();
}

/** Opens entries, oldest first, and keeps what was found. After the last page, what was not seen is missing. */
async function openPage(who, entries, isLast) {
  return await withKeyring(who, async (ring) => {
    const opened = await openEntries(who, ring, entries);
    if (isLast) searchGaps(ring);
    const summaries = opened.filter(isNew).map(({ entry, message }) => ({
      id: entry.id,
      summary: sealSummary(who, entry, message),
    }));
    const keyring = ring.sealed();
    if (summaries.length > 0 || keyring !== null) {
      await who.session.call("saveSummaries", { summaries, keyring });
    }
    return opened;
  });
}

/** Opens entries, and those of senders whose keys changed once more, where the pinned keys lead to the new ones. */
async function openEntries(who, ring, entries) {
  const opened = entries.map((entry) => openEntry(who, ring, entry));
  const changed = opened.filter(({ outcome }) => outcome === "changed");
  if (changed.length === 0) return opened;
  await followLines(who, ring, [...new Set(changed.map(({ message }) => message.from))]);
  return opened.map((one) => changed.includes(one) ? openEntry(who, ring, one.entry) : one);
}

/** Whether an envelope was opened that a summary is kept of. */
function isNew({ how, outcome }) {
  return how === "envelope" && judged.includes(outcome);
}

async function listBox(who, box) {
  const entries = [];
  for (let before = null, more = true; more; before = entries.at(-1)?.id ?? null) {
    const page = await who.session.call("list", { box, before, limit: pageOf, unread: false });
    entries.push(...page.entries);
    more = page.more && page.entries.length > 0;
  }
  return entries;
}

/** Opens an entry: how, and with what outcome. */
function openEntry(who, ring, entry) {
  try {
    if (entry.from === "<>") return { entry, how: "none", outcome: "notice" };
    const [how, message] = openEither(who, entry);
    const outcome = judge(who, ring, entry, message, how);
    return { entry, how, message, outcome };
  } catch (error) {
    return { entry, how: "none", outcome: "invalid", why: error.message };
  }
}

function openEither(who, entry) {
  if (entry.summary === null) return ["envelope", openEnvelope(who, entry)];
  try {
    return ["summary", openSummary(who, entry)];
  } catch (error) {
    if (entry.envelope === null) throw error;
    return ["envelope", openEnvelope(who, entry)];
  }
}

/** Whether a message is by keys that the owner knows. The first keys of an address are pinned. */
function judge(who, ring, entry, message, how) {
  if (message.form === 2) return "imported";
  if (message.from === who.address) return "verified";
  const isNew = ring.contact(message.from) === null;
  const contact = ring.contact(message.from) ?? ring.meet(message.from, message.sender);
  const { number } = message.recipients.find(({ address }) => address === who.address);
  const isCurrent = contact.fingerprint.equals(message.sender);
  if (!isCurrent && !isByFormer(contact, message, number)) return "changed";
  if (how === "envelope") noteNumber(who, ring, contact, entry, { ...message, number });
  return isNew ? "unknown" : isCurrent && contact.verified ? "verified" : "signed";
}

/** Whether a message is by keys that its sender had when it was sent (7.5, 9.2). */
function isByFormer({ former, received: { since } }, { sender, date }, number) {
  const isOld = since === 0 || number < since;
  return isOld && former.some((keys) => keys.fingerprint.equals(sender) && isGoodAt(keys, date));
}

function noteNumber(who, ring, contact, entry, message) {
  const { number } = message;
  const isCopy = openFiling(who, entry).flags & flags.copied;
  if (number === 0 || isCopy) return;
  if (wasSeen(contact.received, number, entry.id)) {
    throw new Error("the message was shown before");
  }
  ring.put(withSeen(contact, message, entry.id, Date.now()));
}

/** Every entry was looked at, so what is in a gap still is not there. */
function searchGaps(ring) {
  for (const contact of ring.contacts) {
    if (!contact.received.gaps.some(({ state }) => state === states.open)) continue;
    ring.put({ ...contact, received: withSearched(contact.received, Date.now()) });
  }
}

/** Fetches a message with its body, each piece of which is checked before it is used (8.1). */
export async function readMessage(who, id) {
  const { taken } = await who.session.download("fetch", { id }, async (entry, stream) => {
    const [, message] = openEither(who, entry);
    return { entry, message, body: await openBody(message, stream) };
  });
  return taken;
}

/** Marks a message as read, and gives its sender a receipt. */
export async function markRead(who, { entry, message }) {
  const receipt = signReceipt(who, message, Date.now());
  await who.session.call("markRead", { read: [{ id: entry.id, receipt }] });
}

/** Who has read a message in `sent`, and when, as far as receipts prove it (8.8). */
export async function readersOf(who, id) {
  const { entries: [entry] } = await who.session.call("look", { ids: [id] });
  const message = openEnvelope(who, entry);
  const names = entry.recipients.map(({ recipient }) => recipient);
  const { lines } = await who.session.call("successions", { names });
  const domain = who.address.split("@")[1];
  return await withKeyring(who, (ring) =>
    entry.recipients.map(({ recipient, receipt }, at) => {
      const reader = `${recipient}@${domain}`;
      const keys = keysOf(ring.contact(reader), lines[at]);
      return { reader, readAt: receipt && readAtOf(receipt, message, reader, keys) };
    }));
}

/** The keys on a line that leads to the ones that are pinned. */
function keysOf(contact, line) {
  const keys = line === null ? [] : keysOnLine(line, contact.address);
  return hasKeys(keys, contact) ? keys : [];
}
