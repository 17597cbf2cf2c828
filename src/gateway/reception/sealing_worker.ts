/** A Worker that seals short messages from outside. It is given the plain text and public keys, and knows no secret of the server. */
import { sealUnsigned } from "../../crypto/message/unsigned_seal.ts";
import { nodeCrypto } from "../../crypto/node_crypto.ts";
import { useSyncCrypto } from "../../crypto/sync_crypto.ts";
import { readUnsigned } from "../../mime/unsigned.ts";
import { type Bytes, concatBytes, streamOf } from "../../model/bytes.ts";
import type { SmtpOrigin } from "../../model/message.ts";

/** A whole message. */
export interface SealingRequest {
  /** Of this request among those of the Worker. */
  readonly id: number;
  /** Transferred: the Worker's alone. */
  readonly bytes: Bytes;
  /** The age recipients of its readers. */
  readonly recipients: readonly string[];
  readonly origin: SmtpOrigin;
}

export interface SealedMessage {
  readonly payload: Bytes;
  /** In the order of the recipients. */
  readonly envelopes: readonly Bytes[];
}

/** What came of the request with this id; a text is why it failed. */
export interface SealingReply {
  readonly id: number;
  readonly sealed: SealedMessage | string;
}

const port = globalThis as unknown as {
  onmessage: (event: MessageEvent<readonly SealingRequest[]>) => void;
  postMessage(replies: readonly SealingReply[], transfers: ArrayBuffer[]): void;
};
/** Of one turn of the event loop: waking the other thread for each would cost a fifth of the sealing. */
let replies: SealingReply[] = [];

useSyncCrypto(nodeCrypto);
port.onmessage = ({ data }) => data.forEach(answer);

async function answer(request: SealingRequest): Promise<void> {
  const sealed = await seal(request).catch((error) => String(error.stack));
  if (replies.push({ id: request.id, sealed }) === 1) setImmediate(reply);
}

function reply(): void {
  const told = replies;
  replies = [];
  const transfers = told.flatMap(({ sealed }) =>
    typeof sealed === "string" ? [] : [sealed.payload.buffer]
  );
  port.postMessage(told, transfers);
}

async function seal({ bytes, recipients, origin }: SealingRequest): Promise<SealedMessage> {
  const message = readUnsigned(streamOf(bytes), origin.arrivedAt);
  const sealed = sealUnsigned(message, recipients, origin);
  const payload = concatBytes(await Array.fromAsync(sealed.payload));
  return { payload, envelopes: await sealed.envelopes() };
}
