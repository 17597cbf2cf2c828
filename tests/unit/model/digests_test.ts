/** Digests and derived keys are told apart by their types: each expected error is one that the type check has to find. */
import type { Client } from "../../../src/client/connection/client.ts";
import { type KeyOwner, openSecretKeys } from "../../../src/crypto/account/identity.ts";
import type { PasswordKeys } from "../../../src/crypto/account/password.ts";
import type { RecoveryKeys } from "../../../src/crypto/account/recovery.ts";
import { type Presence, proveLogin } from "../../../src/crypto/account/login_proof.ts";
import { formatSpoken, parseGiven } from "../../../src/crypto/account/spoken.ts";
import { parseName } from "../../../src/model/address.ts";
import { equalBytes, randomBytes } from "../../../src/model/bytes.ts";
import {
  asAccountFingerprint,
  asContentsDigest,
  asContentTag,
  asEnvelopeDigest,
  asIdempotencyKey,
  asLoginKey,
  asPieceDigest,
  asReceiptDigest,
  asRecoveryKey,
  asServerFingerprint,
} from "../../../src/model/digests.ts";
import { accountId } from "../../../src/model/ids.ts";
import type { BodyDigests } from "../../../src/model/message.ts";
import type { NewMessage } from "../../../src/store/send_store.ts";
import type { Store } from "../../../src/store/store.ts";
import type { ReadMessage } from "../../../src/crypto/message/receipt.ts";
import type { StoredRecovery } from "../../../src/store/credential_store.ts";
import assert from "node:assert/strict";

const bytes = new Uint8Array(32).fill(7);

/** Never called: what is here has to fail to compile, or the type check fails. */
export function swapped(store: Store, message: NewMessage, read: ReadMessage): void {
  const [idempotencyKey, contentTag] = [asIdempotencyKey(bytes), asContentTag(bytes)];
  store.findSend(accountId(1), idempotencyKey);
  // @ts-expect-error: the tag of a content names no send
  store.findSend(accountId(1), contentTag);
  // @ts-expect-error: bytes name no send
  store.findSend(accountId(1), randomBytes(32));
  // @ts-expect-error: the two are swapped
  store.send({ ...message, idempotencyKey: contentTag, contentTag: idempotencyKey });
  // @ts-expect-error: the digest of an envelope is not that of the contents
  ({ ...read, contents: asEnvelopeDigest(bytes) }) satisfies ReadMessage;
  // @ts-expect-error: the digest of a receipt is not that of a piece
  ({ bodyBytes: 1, bodyPieces: [asReceiptDigest(bytes)] }) satisfies BodyDigests;
  // @ts-expect-error: the key of a password is not that of a recovery code
  ({ key: asLoginKey(bytes), sealedKeys: bytes }) satisfies StoredRecovery;
  // @ts-expect-error: a server is not compared as an account
  parseGiven("")(asServerFingerprint(bytes));
  // @ts-expect-error: bytes are no fingerprint
  formatSpoken(bytes);
  // @ts-expect-error: what differs in kind is not compared
  equalBytes(asAccountFingerprint(bytes), asServerFingerprint(bytes));
  // @ts-expect-error: what differs in kind is not compared
  equalBytes(asEnvelopeDigest(bytes), asContentsDigest(bytes));
  equalBytes(asPieceDigest(bytes), bytes);
}

/** Never called, as above. */
export function leaked(
  client: Client,
  keys: PasswordKeys,
  byCode: RecoveryKeys,
  owner: KeyOwner,
  presence: Presence,
): void {
  const [name, signature] = [parseName("bob"), bytes];
  // @ts-expect-error: a seed never leaves the client
  client.call("login", { name, key: keys.loginSeed, signature });
  // @ts-expect-error: a wrapping key signs nothing
  proveLogin(keys.wrappingKey, presence);
  // @ts-expect-error: a seed never leaves the client
  client.call("recovery", { name, key: byCode.recoverySeed, signature });
  // @ts-expect-error: a recovery code is no password
  proveLogin(byCode.recoverySeed, presence);
  // @ts-expect-error: what is sealed for a password is not sealed under a recovery code
  openSecretKeys(byCode.wrappingKey, owner, bytes, bytes);
}

Deno.test("a digest is the bytes that it was made of", () => {
  assert.equal(asRecoveryKey(bytes), bytes);
});
