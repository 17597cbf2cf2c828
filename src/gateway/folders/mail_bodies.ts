/** The bytes of messages as programs get them. Those that were opened last stay in memory: programs ask for header, text and parts one by one. */
import type { Mailbox } from "../../client/mailbox.ts";
import type { ReconnectingMailbox } from "../../client/watching/reconnecting_mailbox.ts";
import { concatBytes } from "../../model/bytes.ts";
import { MailError } from "../../model/errors.ts";
import type { EntryId } from "../../model/ids.ts";
import { isWithheld } from "../presentation/kept_back.ts";
import { presentMessage } from "../presentation/presented_message.ts";
import { ByteBoundMap } from "./byte_bound_map.ts";
import type { FiledMail } from "./folder_state.ts";

const maxKeptBytes = 32 * 1024 * 1024;

export class MailBodies {
  readonly #mailbox: ReconnectingMailbox;
  readonly #kept = new ByteBoundMap<number, Uint8Array>(maxKeptBytes);
  readonly #opening = new Map<number, Promise<Uint8Array>>();

  constructor(mailbox: ReconnectingMailbox) {
    this.#mailbox = mailbox;
  }

  /** True where a message of so many bytes is kept as a whole. */
  isKept(bytes: number | null): boolean {
    return bytes === null || bytes <= maxKeptBytes;
  }

  /** Opens a message, once for all who ask for it meanwhile. @throws {MailError} `no_such_message`, `bad_signature` */
  async whole({ id, uid }: FiledMail): Promise<Uint8Array> {
    const kept = this.#kept.get(uid) ?? this.#opening.get(uid);
    if (kept !== undefined) return await kept;
    const opening = this.#mailbox.ask((mailbox) => this.#open(mailbox, id));
    this.#opening.set(uid, opening);
    try {
      const bytes = await opening;
      this.#kept.set(uid, bytes, bytes.length);
      return bytes;
    } finally {
      this.#opening.delete(uid);
    }
  }

  /** Hands out a message that is too large to be kept, on a connection of its own. @throws {MailError} as `whole` */
  async *stream({ id }: FiledMail): AsyncGenerator<Uint8Array, void> {
    const mailbox = await this.#mailbox.open();
    try {
      yield* present(mailbox, id);
    } finally {
      this.#mailbox.giveBack(mailbox);
    }
  }

  async #open(mailbox: Mailbox, id: EntryId): Promise<Uint8Array> {
    let isWhole = false;
    try {
      const bytes = concatBytes(await Array.fromAsync(present(mailbox, id)));
      isWhole = true;
      return bytes;
    } catch (error) {
      isWhole = error instanceof MailError && error.code === "no_such_message";
      throw error;
    } finally {
      if (!isWhole) this.#mailbox.hangUp(); // the rest of the body would come before any other reply
    }
  }
}

async function* present(mailbox: Mailbox, id: EntryId): AsyncGenerator<Uint8Array, void> {
  const message = await mailbox.open(id);
  if (!isWithheld(message.outcome)) return yield* presentMessage(message);
  throw new MailError("bad_signature", `Cannot show message ${id}: its signature is invalid`);
}
