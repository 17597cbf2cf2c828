/** The bytes of messages as programs get them. Those that were opened last stay in memory: programs ask for header, text and parts one by one. */
import type { Mailbox } from "../../client/mailbox.ts";
import type { OpenedMessage } from "../../client/reading/opened_entry.ts";
import type { ReconnectingMailbox } from "../../client/watching/reconnecting_mailbox.ts";
import { concatBytes } from "../../model/bytes.ts";
import { isFailure, MailError } from "../../model/errors.ts";
import type { EntryId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { heardElsewhere, letOthersIn } from "../../model/promises.ts";
import { mimeBytes } from "../../model/size.ts";
import { isWithheld } from "../presentation/kept_back.ts";
import { presentMessage } from "../presentation/presented_message.ts";
import { ByteBoundMap } from "./byte_bound_map.ts";
import type { FiledMail } from "./folder_state.ts";

/** One of the largest that servers allow unless told otherwise: programs fetch such a message in many pieces. */
const maxKeptBytes = mimeBytes(limits.maxMessageBytes);
/** Those that are asked for together travel together: so many, of so many sealed bytes. */
export const maxTogether = 16;
export const maxBytesTogether = 4 * 1024 * 1024;

/** What a reader of a kept message holds while it takes its time. */
const pieceBytes = 64 * 1024;

interface Waiting extends PromiseWithResolvers<Uint8Array> {
  readonly id: EntryId;
  readonly sealedBytes: number;
}

export class MailBodies {
  readonly #mailbox: ReconnectingMailbox;
  readonly #kept = new ByteBoundMap<number, Uint8Array>(maxKeptBytes);
  readonly #opening = new Map<number, Promise<Uint8Array>>();
  readonly #waiting: Waiting[] = [];

  constructor(mailbox: ReconnectingMailbox) {
    this.#mailbox = mailbox;
  }

  /** True where a message of so many bytes is kept as a whole. */
  isKept(bytes: number): boolean {
    return bytes <= maxKeptBytes;
  }

  /** Opens a message, once for all who ask for it meanwhile. @throws {MailError} `no_such_message`, `bad_signature` */
  async whole(mail: FiledMail): Promise<Uint8Array> {
    return await (this.#kept.get(mail.uid) ?? this.#opening.get(mail.uid) ?? this.#open(mail));
  }

  /** Opens messages that nobody has asked for yet. What fails is asked for again by whoever wants it. */
  openAhead(messages: readonly FiledMail[]): void {
    for (const mail of messages) {
      const isHere = this.#kept.has(mail.uid) || this.#opening.has(mail.uid);
      if (!isHere) heardElsewhere(this.#open(mail));
    }
  }

  async #open({ id, uid, sealedBytes }: FiledMail): Promise<Uint8Array> {
    const waiting: Waiting = { id, sealedBytes, ...Promise.withResolvers<Uint8Array>() };
    this.#waiting.push(waiting);
    this.#opening.set(uid, waiting.promise);
    this.#openNext();
    try {
      const bytes = await waiting.promise;
      this.#kept.set(uid, bytes, bytes.length);
      return bytes;
    } finally {
      this.#opening.delete(uid);
    }
  }

  /**
   * Hands out bytes of a message, in pieces of their own: it is kept for others meanwhile, but not for a reader that takes
   * its time. For that, the rest is opened on a connection of its own once others have put the message out.
   * @throws {MailError} as `whole`
   */
  async *content(mail: FiledMail, from: number, to: number): AsyncGenerator<Uint8Array, void> {
    let { piece, end } = await this.#begin(mail, from, to);
    for (let at = from; at < end;) {
      if (piece === null) return yield* rangeOf(this.stream(mail), at, end);
      at += piece.length;
      yield piece;
      piece = pieceOf(this.#kept.get(mail.uid), at, end);
      if (piece?.length === pieceBytes) await letOthersIn();
    }
  }

  /** A function of its own: what it returns does not hold the message. */
  async #begin(mail: FiledMail, from: number, to: number) {
    const whole = await this.whole(mail);
    const end = Math.min(to, whole.length);
    return { piece: pieceOf(whole, from, end), end };
  }

  /** Hands out a message, on a connection of its own. @throws {MailError} as `whole` */
  async *stream({ id }: FiledMail): AsyncGenerator<Uint8Array, void> {
    const mailbox = await this.#mailbox.open();
    try {
      yield* present(await mailbox.open(id));
    } finally {
      this.#mailbox.giveBack(mailbox);
    }
  }

  /** Opens what waits once it is its turn; nothing where one before it has taken that along. */
  async #openNext(): Promise<void> {
    const taken = new Set<Waiting>();
    try {
      await this.#mailbox.ask(async (mailbox) => {
        if (taken.size === 0) this.#take(taken);
        await this.#openAll(mailbox, taken);
      });
    } catch (error) {
      if (taken.size === 0) this.#take(taken);
      for (const { reject } of taken) reject(error);
    }
  }

  #take(taken: Set<Waiting>): void {
    let bytes = 0;
    while (this.#waiting.length > 0 && taken.size < maxTogether) {
      bytes += this.#waiting[0]!.sealedBytes;
      if (taken.size > 0 && bytes > maxBytesTogether) return;
      taken.add(this.#waiting.shift()!);
    }
  }

  /** Takes out what is answered. @throws {MailError} `unavailable`: what is left may be asked for again */
  async #openAll(mailbox: Mailbox, taken: Set<Waiting>): Promise<void> {
    let isSound = true;
    const asked = [...taken];
    const messages = await mailbox.openAll(asked.map(({ id }) => id));
    const opened = await Promise.allSettled(asked.map(async (each, at) => {
      try {
        each.resolve(concatBytes(await Array.fromAsync(present(await messages[at]!))));
      } catch (error) {
        if (isFailure(error, "unavailable")) throw error;
        isSound &&= isFailure(error, "no_such_message");
        each.reject(error);
      }
      taken.delete(each);
    }));
    if (!isSound) this.#mailbox.hangUp(); // the rest of a body would come before any other reply
    const lost = opened.find((each) => each.status === "rejected");
    if (lost !== undefined) throw lost.reason;
  }
}

/** Null also where a message that was opened anew ends before: a notice is written from what the server tells. */
function pieceOf(whole: Uint8Array | undefined, from: number, to: number): Uint8Array | null {
  const piece = whole?.slice(from, Math.min(to, from + pieceBytes));
  return piece?.length ? piece : null;
}

/** Hands out the bytes of a stream from `from` to before `to`. */
export async function* rangeOf(
  source: AsyncIterable<Uint8Array>,
  from: number,
  to: number,
): AsyncGenerator<Uint8Array, void> {
  let at = 0;
  for await (const chunk of source) {
    const piece = chunk.subarray(Math.max(0, from - at), Math.max(0, to - at));
    if (piece.length > 0) yield piece;
    at += chunk.length;
    if (at >= to) return;
  }
}

async function* present(message: OpenedMessage): AsyncGenerator<Uint8Array, void> {
  if (!isWithheld(message.outcome)) return yield* presentMessage(message);
  await passOver(message.source());
  const what = `message ${message.id}`;
  throw new MailError("bad_signature", `Cannot show ${what}: its signature is invalid`);
}

/** Bodies come one after the other: one that nobody reads would keep all behind it. */
async function passOver(source: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const _ of source) break;
  } catch {
    // it is not shown in any case
  }
}
