/** Sealed bodies, in the memory store: on their way in, taken by a message, on their way out. */
import { type AccountId, type EntryId, type UploadId, uploadId } from "../../model/ids.ts";
import { limits } from "../../model/limits.ts";
import { systemAccountId } from "../inbound_store.ts";
import type { BodyStore } from "../body_store.ts";
import { lostUpload, noSuchMessage } from "../failures.ts";
import { requireChunk } from "../rules/uploads.ts";
import type { NewMessage } from "../send_store.ts";
import { changes } from "./part.ts";
import type { MemoryState } from "./state.ts";

export function bodyStore(state: MemoryState): BodyStore {
  return {
    ...changes(state, { beginUpload, appendUpload, discardUpload }),
    body: (accountId, id) => body(state, accountId, id),
  };
}

function beginUpload(state: MemoryState, accountId: AccountId): UploadId {
  const upload = uploadId(state.nextUpload++);
  if (accountId !== systemAccountId) state.mailbox(accountId); // is there
  state.uploads.set(upload, { accountId, chunks: [] });
  return upload;
}

function appendUpload(
  state: MemoryState,
  upload: UploadId,
  position: number,
  chunk: Uint8Array,
): void {
  requireChunk(chunk);
  const open = state.uploads.get(upload);
  if (open === undefined) throw lostUpload(upload);
  const { chunks } = open;
  if (position === chunks.length) chunks.push(chunk);
  else if (chunks[position]?.length !== chunk.length) throw lostUpload(upload);
}

function discardUpload(state: MemoryState, upload: UploadId): void {
  state.uploads.delete(upload);
}

/** Counts the bytes of a body, come whole or uploaded. */
export function bodyBytes(state: MemoryState, body: NewMessage["body"]): number {
  if (body instanceof Uint8Array) return body.length;
  return (state.uploads.get(body.upload)?.chunks ?? []).reduce(
    (sum, { length }) => sum + length,
    0,
  );
}

/** Takes a body over for a message: an upload is one no more. @throws {MailError} `malformed` for another account's */
export function takeBody(
  state: MemoryState,
  { senderId, body }: Pick<NewMessage, "senderId" | "body">,
): readonly Uint8Array[] {
  if (body instanceof Uint8Array) return pieces(body);
  const upload = state.uploads.get(body.upload);
  if (upload?.accountId !== senderId) throw lostUpload(body.upload);
  state.uploads.delete(body.upload);
  return upload.chunks;
}

async function* body(
  state: MemoryState,
  accountId: AccountId,
  id: EntryId,
): AsyncGenerator<Uint8Array> {
  state.admit();
  const { entries } = state.mailbox(accountId);
  const held = entries.get(id);
  if (held === undefined) throw noSuchMessage([id]);
  if (!held.hasBody) return;
  for (const piece of held.message.body) {
    state.admit();
    if (!entries.get(id)?.hasBody) throw noSuchMessage([id]);
    yield piece.slice();
  }
}

function pieces(body: Uint8Array): Uint8Array[] {
  const count = Math.ceil(body.length / limits.chunkBytes);
  return Array.from(
    { length: count },
    (_, at) => body.subarray(at * limits.chunkBytes, (at + 1) * limits.chunkBytes),
  );
}
