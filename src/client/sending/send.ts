/** One send, from a draft to the id of what was stored; loaded only by commands that send. */
import { type AccountName, type Address, qualify } from "../../model/address.ts";
import { randomBytes, utf8 } from "../../model/bytes.ts";
import type { AccountFingerprint, ContentTag, IdempotencyKey } from "../../model/digests.ts";
import { isFailure, MailError, shellWord } from "../../model/errors.ts";
import type { EntryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { heardElsewhere } from "../../model/promises.ts";
import type { RequestOf } from "../../wire/operations.ts";
import type { Client } from "../connection/client.ts";
import { requireSameDates } from "../connection/clock_gap.ts";
import { OutcomeUnknown } from "../connection/outcome_unknown.ts";
import type { Contact } from "../correspondents/contacts.ts";
import type { Keyring, RingUpdate } from "../correspondents/keyring.ts";
import { absentTerms, giveNumbers } from "../correspondents/numbered_contacts.ts";
import {
  type Addressee,
  namesOf,
  parseRecipients,
  type Recipient,
  resolveRecipients,
} from "../correspondents/recipients.ts";
import type { Progress } from "../progress.ts";
import { openEntry } from "../reading/entry.ts";
import { bouncedAtSend } from "../reading/server_notices.ts";
import { unexpectedReply } from "../unexpected_reply.ts";
import type { Draft, SendResult } from "./draft.ts";
import { checkSize, checkTexts } from "./draft_limits.ts";
import { placeBody } from "./inline_or_upload.ts";
import { OutgoingMessage, type OutgoingParts, type Thread } from "./outgoing_message.ts";
import { checkOwnCopy, type IsWanted, wantedCopy } from "./own_copy.ts";
import { checkKeys, followChanged, pinKeys } from "./pinned_recipients.ts";
import type { SendContext } from "./send_context.ts";
import { splitUnknown } from "./unknown_recipients.ts";

/** The server took nothing: a recipient's keys changed since they were looked up. */
class KeysMoved extends Error {}

/** Sends a draft; see `Mailbox.send`. Looks up once more where a key changed meanwhile and the content is at hand. */
export async function sendDraft(
  context: SendContext,
  draft: Draft,
  progress: Progress,
): Promise<SendResult> {
  checkTexts(draft);
  try {
    return await attempt(context, draft, progress);
  } catch (error) {
    if (!(error instanceof KeysMoved)) throw error;
    if (isAtHand(draft)) return await attempt(context, draft, progress).catch(keyChangedTwice);
    return keyChangedTwice(error);
  }
}

function isAtHand({ body, attachments }: Draft): boolean {
  return [body, ...attachments.map(({ content }) => content)]
    .every((content) => content instanceof Uint8Array);
}

/** In no word of the server's: what was looked up just now is what this client takes for their keys. */
function keyChangedTwice(error: unknown): never {
  if (!(error instanceof KeysMoved)) throw error;
  throw new MailError("try_later", "Cannot send: a recipient's key changed in the meantime", {
    cause: error,
    hint: "Send it again.",
  });
}

async function attempt(
  context: SendContext,
  draft: Draft,
  progress: Progress,
): Promise<SendResult> {
  const addressed = parseRecipients(draft);
  const lookUp = context.client.call("lookUp", { names: namesOf(addressed) });
  // What is asked along with it is awaited below, unless something fails before.
  const sameDates = heardElsewhere(requireSameDates(context.client, draft, context.now));
  const keyring = context.keyring();
  const thread = draft.submitted ??
    heardElsewhere(findThread(context, keyring, draft.replyTo));
  const account = await context.account;
  checkSize(draft, account.maxMessageBytes);
  const { found } = await lookUp;
  await sameDates;
  const { known, unknown, ...parted } = draft.partial
    ? splitUnknown(addressed, account.domain, found)
    : { known: addressed, found, unknown: [] };
  const recipients = await resolveRecipients(known, account, parted.found);
  await followChanged(context, await keyring, account, recipients);
  const keys = checkKeys(context, await keyring, account, recipients);
  const now = context.now();
  const outgoing = { account, draft, recipients, unknown, thread: await thread, now };
  const sent = await submit(context, { outgoing, keyring: await keyring, keys }, progress);
  return { ...sent, aliases: aliasesOf(recipients) };
}

function aliasesOf(recipients: readonly Recipient[]): SendResult["aliases"] {
  return recipients.flatMap(({ address, aliases }) => aliases.map((alias) => ({ alias, address })));
}

/** What was sent, but for the aliases that it was addressed to. */
type Stored = Omit<SendResult, "aliases">;

/** A message on its way, and whose keys it is sealed to. */
interface Submission {
  readonly outgoing: OutgoingParts;
  readonly keyring: Keyring;
  readonly keys: ReadonlyMap<Address, AccountFingerprint>;
}

/** Seals a message, uploads it and asks the server to store it. Asks what became of it where the connection is lost. */
async function submit(
  context: SendContext,
  submission: Submission,
  progress: Progress,
): Promise<Stored> {
  const { account } = submission.outgoing;
  const sealed = await seal(context.client, submission.outgoing, progress).catch(lostBefore);
  const { message, messageId, key, request } = sealed;
  const known = { messageId, ...message.addresses };
  const wanted = wantedCopy(submission.outgoing.draft, known);
  try {
    const sent = await sendNumbered(context.client, submission, sealed);
    if (sent.repeated) await checkOwnCopy(context, sent.id, wanted);
    return { ...sent, bounced: sent.bounced.map((one) => qualify(one, account.domain)), ...known };
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    if (error.code === "key_changed") throw new KeysMoved("moved", { cause: error });
    if (error.code !== "unavailable") throw error;
    const { bounced, ...found } = await whatBecameOf(
      context,
      request.idempotencyKey,
      key,
      error,
      wanted,
    );
    const addresses = bounced.map((one) => qualify(one, account.domain));
    return { ...found, ...known, repeated: false, bounced: addresses };
  }
}

/** A message whose body is sealed, and uploaded; its copies are not yet. */
interface SealedBody {
  readonly message: OutgoingMessage;
  readonly messageId: string;
  readonly key: string;
  readonly request: Omit<RequestOf<"send">, "own" | "recipients" | "keyring">;
}

/** Seals a message, and uploads its body. */
async function seal(
  client: Client,
  outgoing: OutgoingParts,
  progress: Progress,
): Promise<SealedBody> {
  const { account, draft } = outgoing;
  const message = new OutgoingMessage(outgoing);
  const upload = (source: AsyncIterable<Uint8Array>) => client.upload("upload", {}, source);
  const body = await placeBody(upload, message.sealBody(progress));
  const tagging = message.contentTag();
  const key = draft.key ?? (draft.submitted ? contentKey(message, await tagging) : randomKey());
  const [contentTag, idempotencyKey] = await Promise.all([
    tagging,
    account.mailboxKey.idempotencyKey("key", utf8(key)),
  ]);
  const request = { idempotencyKey, contentTag, ...body };
  return { message, messageId: message.messageId, key, request };
}

/** Gives the copies their numbers, and stores them with the keyring that has these: both, or none. */
async function sendNumbered(
  client: Client,
  { outgoing: { draft, recipients, unknown, now }, keyring, keys }: Submission,
  { message, request }: SealedBody,
): Promise<Sent> {
  const readers = recipients.map(({ address }) => address);
  let sent: Sent | null = null;
  const store = async (update: RingUpdate | null, contacts: ReadonlyMap<Address, Contact>) => {
    const envelopes = await message.sealEnvelopes(contacts);
    const copies = recipients.map(({ name, fingerprint }, at) => ({
      name,
      fingerprint,
      envelope: envelopes.recipients[at]!,
    }));
    const whole = { ...request, own: envelopes.own, recipients: copies, keyring: update };
    sent = await call(client, whole, draft, unknown);
    return sent.repeated ? null : true;
  };
  if (keys.size === 0) await store(null, new Map());
  else {
    await keyring.change((contacts) => {
      pinKeys(contacts, keys, now);
      const terms = absentTerms(draft, now);
      giveNumbers(contacts, readers, terms, { now, restoredAt: keyring.restoredAt });
      return true;
    }, store);
  }
  return sent!;
}

/** The key of what a program may hand in again, not having heard that it was taken: its id is the same then. */
function contentKey({ messageId }: OutgoingMessage, contentTag: ContentTag): string {
  return `${messageId} ${contentTag.toHex()}`;
}

function randomKey(): string {
  return randomBytes(12).toHex();
}

/** What the server tells of a send: it names an account without its domain. */
type Sent = Pick<SendResult, "id" | "repeated" | "heldUntil"> & {
  readonly bounced: readonly (AccountName | Address)[];
};

/** Sends on the terms of the draft; without any, as every server understands it. */
async function call(
  client: Client,
  request: RequestOf<"send">,
  draft: Draft,
  unknown: readonly Addressee[],
): Promise<Sent> {
  const { partial = false, burn = false, expires = null, deliver = null } = draft;
  if (!partial && !burn && expires === null && deliver === null) {
    return { ...await client.call("send", request), bounced: [], heldUntil: null };
  }
  const addresses = unknown.map(({ address }) => address);
  const terms = { partial, burn, expires, deliver, unknown: addresses };
  const sent = await client.call("submit", { ...request, ...terms });
  return { ...sent, bounced: sent.bounced.map(({ recipient }) => recipient) };
}

/** What failed after the last word says nothing about what was stored: ask on a new connection. */
async function whatBecameOf(
  context: SendContext,
  idempotencyKey: IdempotencyKey,
  key: string,
  error: MailError,
  wanted: IsWanted,
): Promise<Pick<SendResult, "id" | "heldUntil"> & Pick<Sent, "bounced">> {
  let found: Awaited<ReturnType<typeof whatBecameOf>> | null;
  try {
    const again = context.reopen();
    try {
      await again.account;
      const { id } = await again.client.call("findSend", { idempotencyKey });
      found = id === null ? null : {
        id,
        bounced: await bouncedAtSend(again.client, id),
        heldUntil: (await checkOwnCopy(again, id, wanted))?.heldUntil ?? null,
      };
    } finally {
      again.close();
    }
  } catch (cause) {
    throw new OutcomeUnknown(
      "the message was sent",
      `Send it again with --key ${shellWord(key)}. It is stored only once.`,
      cause,
    );
  }
  if (found !== null) return found;
  return lostBefore(error);
}

/** A failure before anything was stored; a server that answered told why. */
function lostBefore(error: unknown): never {
  if (!isFailure(error, "unavailable") || error.by === "server") throw error;
  throw new MailError("unavailable", "Cannot send: the connection was lost", {
    cause: error,
    hint: "Nothing was sent. Send it again.",
  });
}

async function findThread(
  context: SendContext,
  keyring: Promise<Keyring>,
  replyTo: EntryId | undefined,
): Promise<Thread> {
  if (replyTo === undefined) return { inReplyTo: null, references: [] };
  const look = context.client.call("look", { ids: [replyTo] });
  const account = await context.account;
  const { entries } = await look;
  const [entry] = entries;
  if (entry?.id !== replyTo) throw unexpectedReply();
  const { message } = await openEntry(account, await keyring, entry);
  const { headers, outcome } = message;
  if (headers === null || outcome === "invalid") {
    throw new MailError(
      "bad_signature",
      `Cannot answer message ${replyTo}: its signature is invalid`,
    );
  }
  const { messageId, references } = headers;
  return {
    inReplyTo: messageId,
    references: [...references, messageId].slice(-limits.maxReferences), // RFC 5322 3.6.4
  };
}
