/**
 * Mail that a program was given here and appends: programs that keep a Maildir move a message so, and expunge it where it
 * was. It is found again byte for byte, so that a copy of the sealed message is filed, and not these bytes.
 */
import { portionsOf } from "../../client/portions.ts";
import type { ReconnectingMailbox } from "../../client/watching/reconnecting_mailbox.ts";
import { contentBytes } from "../../crypto/age/payload.ts";
import { peekStart, startWith } from "../../mime/block.ts";
import { byteString } from "../../mime/byte_string.ts";
import { describeStart } from "../../mime/unsigned.ts";
import { type Bytes, concatBytes, equalBytes } from "../../model/bytes.ts";
import { isFailure } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import { marksBytesIn } from "../presentation/trust_fields.ts";
import type { FiledMail, FolderState } from "./folder_state.ts";
import type { AppendedMail, MailFolder } from "./mail_folders.ts";
import type { MailPresentation } from "./mail_presentation.ts";

export interface GivenMailOptions {
  readonly mailbox: ReconnectingMailbox;
  readonly state: FolderState;
  readonly presentation: MailPresentation;
  /** Hands out a message as programs get it. */
  readonly content: (mail: FiledMail) => AsyncIterable<Uint8Array>;
}

interface Recognised {
  /** What was appended is, to the last byte, what programs get of this message; null: of none. */
  readonly original: FiledMail | null;
  /** What was appended, once. */
  readonly content: AsyncIterable<Uint8Array>;
}

/** So many times `maxListEntries` envelopes are opened at most. Most were, when a program listed them. */
const maxPortions = 5;
/** So many bodies are, of messages that have its size and its Message-ID. */
const maxOpened = 4;

export class GivenMail {
  readonly #options: GivenMailOptions;

  constructor(options: GivenMailOptions) {
    this.#options = options;
  }

  /** Looks for the message among those that can be copied into a folder. @throws {MailError} */
  async recognise({ content, bytes }: AppendedMail, into: MailFolder["key"]): Promise<Recognised> {
    const { start, all } = await peekStart(content, limits.maxHeaderBytes);
    const given = withoutTuid(start);
    const found = await this.#find(given, bytes - start.length + given.length, into);
    return found === null
      ? { original: null, content: all }
      : await compared(found, { start, given, all });
  }

  /** Finds a message that begins so and is so long. */
  async #find(given: Bytes, bytes: number, into: MailFolder["key"]): Promise<Found | null> {
    const marks = marksBytesIn(byteString(given));
    const messageId = marks === null ? null : describeStart(given).messageId;
    if (marks === null || messageId === null) return null;
    let opened = 0;
    for (const portion of this.#possible(bytes - marks, into)) {
      for (const original of await this.#alike(portion, bytes, messageId)) {
        if (opened++ === maxOpened) return null;
        const whole = await this.#open(original);
        if (whole !== null && equalBytes(whole.subarray(0, given.length), given)) {
          return { original, whole };
        }
      }
    }
    return null;
  }

  /**
   * Those whose content, of which the server tells the size, may have so many bytes in a program, the newest first: those
   * that have them, and behind these what has fewer, since binary parts are in base64 there.
   */
  #possible(bytes: number, into: MailFolder["key"]): FiledMail[][] {
    const { state } = this.#options;
    const isPossible = ({ box, sealedBytes }: FiledMail) => {
      const content = contentBytes(sealedBytes);
      return content <= bytes && content >= bytes / 2 && (typeof into === "number" || box === into);
    };
    const all = state.folders.flatMap(({ key }) => state.messages(key).filter(isPossible))
      .sort((a, b) => b.id - a.id);
    const isExact = ({ sealedBytes }: FiledMail) => contentBytes(sealedBytes) === bytes;
    return [all.filter(isExact), all.filter((mail) => !isExact(mail))]
      .flatMap((some) => portionsOf(some, limits.maxListEntries)).slice(0, maxPortions);
  }

  async #alike(
    mails: readonly FiledMail[],
    bytes: number,
    messageId: string,
  ): Promise<FiledMail[]> {
    const { mailbox, presentation } = this.#options;
    const shown = await presentation.of(mails);
    const ids = mails.filter((_, at) => shown[at]?.facts.bytes === bytes).map(({ id }) => id);
    if (ids.length === 0) return [];
    const listed = await mailbox.ask(async (mailbox) => (await mailbox.filed()).look(ids));
    const named = listed.filter(({ headers }) => headers?.messageId === messageId);
    return named.flatMap((each) => mails.find(({ id }) => id === each.id) ?? []);
  }

  /** Null: it is gone, or its body does not hold. */
  async #open(mail: FiledMail): Promise<Uint8Array | null> {
    try {
      const pieces = await Array.fromAsync(this.#options.content(mail));
      return pieces.length === 1 ? pieces[0]! : concatBytes(pieces);
    } catch (error) {
      if (isFailure(error, "no_such_message", "bad_signature")) return null;
      throw error;
    }
  }
}

interface Found {
  readonly original: FiledMail;
  /** As programs get it. */
  readonly whole: Uint8Array;
}

/** What was appended: `all`, which begins with `start`; `given` is what counts of that. */
interface Appended {
  readonly start: Bytes;
  readonly given: Bytes;
  readonly all: AsyncGenerator<Uint8Array, void>;
}

/** Compares to the end, and keeps nothing of what is the same: the message has it. */
async function compared({ original, whole }: Found, appended: Appended): Promise<Recognised> {
  const { start, given, all } = appended;
  let [at, rest] = [given.length, all];
  await all.next(); // `start`
  for (let next = await all.next(); !next.done; next = await all.next()) {
    const isSame = equalBytes(next.value, whole.subarray(at, at + next.value.length));
    if (!isSame) {
      rest = startWith(next.value, all);
      break;
    }
    at += next.value.length;
  }
  const content = startWith(start, startWith(whole.subarray(given.length, at), rest));
  return { original: rest === all && at === whole.length ? original : null, content };
}

/**
 * Leaves out the field that mbsync puts into all that it appends, by which it finds that again where a server tells no
 * UID. That lets nothing pass for signed: what is filed is the sealed message, which does not have the field.
 */
function withoutTuid(start: Bytes): Bytes {
  const text = byteString(start);
  const at = text.search(/\r\nX-TUID: [^\r\n]{12}\r\n/);
  if (at < 0 || at > text.indexOf("\r\n\r\n")) return start;
  return concatBytes([start.subarray(0, at), start.subarray(at + tuidBytes)]);
}

const tuidBytes = "\r\nX-TUID: ".length + 12;
