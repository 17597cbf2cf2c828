/**
 * Messages that somebody else made, brought into one's own mailbox: sealed to the own key, signed as imported, each
 * stored once however often it is tried. Several are under way at a time.
 */
import { type SealedUnsigned, sealImport } from "../../crypto/message/unsigned_seal.ts";
import { loadSyncCrypto } from "../../crypto/load_sync_crypto.ts";
import { startWith } from "../../mime/block.ts";
import { withBlankLine } from "../../mime/intake.ts";
import { readUnsigned } from "../../mime/unsigned.ts";
import { type Bytes, streamOf } from "../../model/bytes.ts";
import type { IdempotencyKey } from "../../model/digests.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import type { BodyDigests, Box } from "../../model/message.ts";
import { SerialQueue } from "../../model/serial_queue.ts";
import { encode, list, struct, u64, word } from "../../wire/fields.ts";
import { pieceDigest } from "../../wire/layouts.ts";
import { type OpenAccount, signingSeedOf } from "../account.ts";
import type { Client } from "../connection/client.ts";
import { sealFirstFiling } from "../filing/filed_message.ts";
import { placeBody } from "../sending/inline_or_upload.ts";
import { digestsOf, type Present } from "./already_there.ts";
import { FindAppended } from "./find_appended.ts";
import { bounded, hold } from "./hold_message.ts";
import type { ImportedMessage, ImportListener } from "./imported_message.ts";
import { withArrival } from "./with_arrival.ts";
import { withMboxStatus } from "./with_mbox_status.ts";

export interface ImportContext {
  readonly client: Client;
  readonly account: OpenAccount;
  readonly present: Present;
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<void>;
}

/** Messages under way, and their bytes. */
const maxUnderWay = 16;
const maxBytesUnderWay = 48 * 1024 * 1024;

const mostSecondsToWait = 600;

/** Imports messages in the order they come. @throws {MailError} what keeps all others from being stored too */
export async function importAll(
  context: ImportContext,
  messages: AsyncIterable<ImportedMessage>,
  listener: ImportListener,
): Promise<void> {
  await loadSyncCrypto();
  const importer = new Importer(context, listener);
  try {
    for await (const message of messages) await importer.take(message);
  } finally {
    await importer.drain();
  }
  importer.check();
}

/** What is wrong with one message and no other. */
const isOfOneMessage: ReadonlySet<MailError["code"]> = new Set([
  "bad_signature",
  "malformed",
  "too_large",
]);

/**
 * The place of a message among those that are stored: ids rise in the order in which messages were found. It resolves
 * when the message before is on its way, to the function that lets the next one go.
 */
type Place = Promise<() => void>;

class Importer {
  readonly #context: ImportContext;
  readonly #listener: ImportListener;
  /** Who has the connection alone: calls go out at any time, but not while somebody uploads. */
  readonly #connection = new SerialQueue();
  readonly #order = new SerialQueue();
  readonly #appended: FindAppended;
  readonly #underWay = new Set<Promise<void>>();
  #bytes = 0;
  #failure: unknown = null;

  constructor(context: ImportContext, listener: ImportListener) {
    this.#context = context;
    this.#listener = listener;
    this.#appended = new FindAppended((idempotencyKeys) =>
      this.#connection.whenIdle(async () =>
        (await context.client.call("findAppended", { idempotencyKeys })).ids
      )
    );
  }

  /** Takes the next message; returns once there is room for another. */
  async take(found: ImportedMessage): Promise<void> {
    const source = withBlankLine(bounded(found.content, this.#context.account));
    const held = await this.#judging(found, () => hold(source));
    if (held === null) return;
    const noted = withMboxStatus(found, held.bytes);
    if (noted === null) {
      await source.return?.();
      return this.#listener.done(found, "skipped", held.bytes.length);
    }
    const message = withArrival(noted, held.bytes, this.#context.now());
    if (held.isWhole) return await this.#begin(message, held.bytes);
    await this.drain(); // its bytes are all that is to be in memory
    this.check();
    const rest = startWith(held.bytes, source);
    const place = this.#order.acquire();
    await this.#judging(message, async () => {
      await this.#append(message, this.#seal(message, rest), place);
    }).finally(() => passOn(place));
  }

  async drain(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  /** @throws what went wrong with more than one message */
  check(): void {
    if (this.#failure !== null) throw this.#failure;
  }

  async #begin(message: ImportedMessage, bytes: Bytes): Promise<void> {
    this.#bytes += bytes.length;
    const place = this.#order.acquire();
    const work = this.#judging(message, () => this.#store(message, bytes, place))
      .then(() => {}, (error) => void (this.#failure ??= error))
      .finally(() => {
        passOn(place); // one that failed does not let others overtake those before it
        this.#bytes -= bytes.length;
        this.#underWay.delete(work);
      });
    this.#underWay.add(work);
    while (this.#underWay.size >= maxUnderWay || this.#bytes > maxBytesUnderWay) {
      await Promise.race(this.#underWay);
    }
    this.check();
  }

  /** Tells of what is wrong with this one message. Null: nothing came of it. */
  async #judging<T>(message: ImportedMessage, work: () => Promise<T>): Promise<T | null> {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof MailError) || !isOfOneMessage.has(error.code)) throw error;
      this.#listener.refused(message, error);
      return null;
    }
  }

  /** Nothing is sealed that is there already. */
  async #store(message: ImportedMessage, bytes: Bytes, place: Place): Promise<void> {
    const { present } = this.#context;
    const digests = await digestsOf(streamOf(bytes));
    const find = async (box: Box) => await this.#appended.find(await this.#keyOf(box, digests));
    const found = await Promise.all(message.sameIn.map(find));
    const isThere = found.some((id) => id !== null) ||
      await present.has({ ...message, bytes, digests }, this.#connection);
    if (isThere) return this.#listener.done(message, "skipped", bytes.length);
    await this.#append(message, this.#seal(message, streamOf(bytes)), place);
  }

  #seal({ box, date }: ImportedMessage, source: AsyncIterable<Uint8Array>): SealedUnsigned {
    const importedAt = this.#context.now();
    const found = readUnsigned(source, date ?? importedAt);
    const { account } = this.#context;
    const secretKeys = { signingSeed: signingSeedOf(account) };
    return sealImport(found, { ...account, secretKeys }, { box, importedAt });
  }

  /** What is uploaded waits to be appended: nobody else uploads until then. */
  async #append(
    message: ImportedMessage,
    sealed: SealedUnsigned,
    place: Place,
  ): Promise<void> {
    const { client } = this.#context;
    let release: (() => void) | null = null;
    const upload = async (source: AsyncIterable<Uint8Array>) => {
      await place; // before others are kept from going first
      release = await this.#connection.acquire();
      return await client.upload("upload", {}, source);
    };
    try {
      const body = await placeBody(upload, sealed.payload);
      const request = { ...await this.#requestOf(message, sealed), ...body };
      const pass = await place;
      const send = () => {
        const reply = client.call("append", request);
        pass();
        return reply;
      };
      const { repeated } = await this.#retrying(() =>
        release === null ? this.#connection.whenIdle(send) : send()
      );
      const result = repeated ? "skipped" : "imported";
      this.#listener.done(message, result, sealed.digests().bodyBytes);
    } finally {
      (release as (() => void) | null)?.();
    }
  }

  async #requestOf(message: ImportedMessage, sealed: SealedUnsigned) {
    const [envelope] = await sealed.envelopes() as [Bytes];
    const { box, isRead: read, filing = null } = message;
    return {
      idempotencyKey: await this.#keyOf(box, sealed.digests()),
      box,
      read,
      envelope,
      filing: filing && await sealFirstFiling(this.#context.account.mailboxKey, envelope, filing),
    };
  }

  /** Waits where the server says how long. */
  async #retrying<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        const seconds = error instanceof MailError ? error.retryAfterSeconds : undefined;
        if (seconds === undefined || seconds > mostSecondsToWait) throw error;
        await this.#context.wait(seconds * 1_000);
      }
    }
  }

  /** The same for the same bytes in the same box, and for nothing else: WIRE.md 8.4. */
  #keyOf(box: Box, digests: BodyDigests): Promise<IdempotencyKey> {
    const { mailboxKey } = this.#context.account;
    return mailboxKey.idempotencyKey("import", encode(keyLayout, { box, ...digests }));
  }
}

const maxPieces = 2 * limits.maxMessageCeilingBytes / limits.digestPieceBytes;

const keyLayout = struct({
  box: word(["inbox", "sent"]),
  bodyBytes: u64,
  bodyPieces: list(pieceDigest, maxPieces),
});

/** Lets the next message go, once it is this one's turn. */
async function passOn(place: Place): Promise<void> {
  (await place)();
}
