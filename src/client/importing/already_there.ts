/**
 * Mail that came as mail and is still in the mailbox: what `export` wrote of it is not imported beside it. Its
 * Message-ID, or the name that its content gives it, finds it; the digests of its body make sure.
 */
import { PieceDigester } from "../../crypto/message/piece.ts";
import { idByContent } from "../../crypto/message/unsigned_seal.ts";
import type { EntryId } from "../../model/ids.ts";
import { describeStart } from "../../mime/unsigned.ts";
import { equalBytes, streamOf } from "../../model/bytes.ts";
import type { BodyDigests, Box } from "../../model/message.ts";
import type { ListedMessage } from "../reading/opened_entry.ts";
import type { SerialQueue } from "../../model/serial_queue.ts";
import type { ImportedMessage } from "./imported_message.ts";

/** What is asked of the mailbox. */
export interface PresentSource {
  /** Ends `@domain` of every sender that it may hold mail of. */
  readonly domain: string;
  messages(box: Box): AsyncIterable<ListedMessage>;
  /** Of the source as it leaves mailctl (`encodedSource`); null: it does not hold. */
  digests(id: EntryId): Promise<BodyDigests | null>;
}

interface Candidate extends Pick<ImportedMessage, "sameIn" | "isExported" | "mboxStatus"> {
  readonly bytes: Uint8Array;
  readonly digests: BodyDigests;
}

export class Present {
  readonly #source: PresentSource;
  /** By box, then by Message-ID; a box is read once, when a message could be in it. */
  readonly #boxes = new Map<Box, Promise<Map<string, EntryId[]>>>();

  constructor(source: PresentSource) {
    this.#source = source;
  }

  /** Tells whether the message is there. Only what says that it is from the own domain, or was exported, can be. */
  async has(candidate: Candidate, connection: SerialQueue): Promise<boolean> {
    const { from, messageId } = describeStart(candidate.bytes);
    const canBe = candidate.isExported === true || from.endsWith(`@${this.#source.domain}`);
    if (!canBe) return false;
    const names = messageId === null ? await namesByContent(candidate) : [messageId];
    return await connection.run(async () => {
      for (const box of candidate.sameIn) {
        const there = await this.#idsOf(box);
        const ids = names.flatMap((name) => there.get(name) ?? []);
        const forms = ids.length > 0 ? await formsOf(candidate) : [];
        for (const id of ids) {
          const found = await this.#source.digests(id);
          if (found !== null && forms.some((form) => areSame(form, found))) return true;
        }
      }
      return false;
    });
  }

  #idsOf(box: Box): Promise<Map<string, EntryId[]>> {
    const known = this.#boxes.get(box) ?? this.#read(box);
    this.#boxes.set(box, known);
    return known;
  }

  async #read(box: Box): Promise<Map<string, EntryId[]>> {
    const found = new Map<string, EntryId[]>();
    for await (const { id, headers, outcome } of this.#source.messages(box)) {
      if (headers === null || outcome === "invalid") continue;
      found.set(headers.messageId, [...found.get(headers.messageId) ?? [], id]);
    }
    return found;
  }
}

/** As what has no Message-ID is called in a mailbox. */
async function namesByContent(candidate: Candidate): Promise<string[]> {
  return await Promise.all((await formsOf(candidate)).map(idByContent));
}

/** What the message may have been: an mbox file ends every line, the last one too, whether the message did or not. */
async function formsOf({ bytes, digests, mboxStatus }: Candidate): Promise<BodyDigests[]> {
  return mboxStatus === undefined
    ? [digests]
    : [digests, await digestsOf(streamOf(bytes.subarray(0, -2)))];
}

function areSame(a: BodyDigests, b: BodyDigests): boolean {
  return a.bodyBytes === b.bodyBytes && a.bodyPieces.length === b.bodyPieces.length &&
    a.bodyPieces.every((piece, at) => equalBytes(piece, b.bodyPieces[at]!));
}

/** Computes the digests of a message. */
export async function digestsOf(source: AsyncIterable<Uint8Array>): Promise<BodyDigests> {
  const digester = new PieceDigester();
  for await (const _ of digester.pass(source));
  return digester.digests;
}
