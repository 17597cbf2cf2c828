/**
 * Digests, tags and derived keys of 32 bytes that are told apart by what they stand for. Bytes become one where they enter, by the
 * function of that name: computed, decoded from the wire, or read from a file. A row of the database says it in its type.
 */
import type { Brand } from "./brand.ts";
import type { Bytes } from "./bytes.ts";

type Digest<Name extends string> = Brand<Bytes, Name>;

/** Of both public keys of an account: what correspondents compare and pin. */
export type AccountFingerprint = Digest<"account fingerprint">;
/** Of a server's RSA key: what clients pin. */
export type ServerFingerprint = Digest<"server fingerprint">;
/** Of a TLS certificate (DER). */
export type CertificateDigest = Digest<"certificate">;
/** Of all that was said to agree on the keys of a session. */
export type Transcript = Digest<"transcript">;

/** Of a sealed envelope, as the server has it. */
export type EnvelopeDigest = Digest<"envelope">;
/** Of what all copies of a message share: what a receipt is over. */
export type ContentsDigest = Digest<"contents">;
/** Of one piece of a body. */
export type PieceDigest = Digest<"piece">;
/** Of a signed receipt. */
export type ReceiptDigest = Digest<"receipt">;
/** Of an account's age recipient: with the signing key it makes the fingerprint. */
export type RecipientDigest = Digest<"recipient">;

/** Names a send or an append, so that a repeat stores it once. */
export type IdempotencyKey = Digest<"idempotency key">;
/** Names any other request that changes something, so that a repeat changes nothing more: 16 random bytes. */
export type RequestId = Brand<Bytes, "request id">;
/** Of a sealed part of a keyring, its last 16 bytes: what the next part is bound to. */
export type KeyringTag = Brand<Bytes, "keyring tag">;
/** Differs where the content of two sends differs. */
export type ContentTag = Digest<"content tag">;

/** What a server keeps in the place of the token of an invite. */
export type InviteHash = Digest<"invite hash">;
/** What a server keeps in the place of an application password. */
export type AppPasswordVerifier = Digest<"application password verifier">;

/** Of a password or a device: signs who is there, and never leaves the client. */
export type LoginSeed = Digest<"login seed">;
/** The public key of a login seed, by which a server knows its owner. */
export type LoginKey = Digest<"login key">;
/** Of a password: opens the account's secret keys, and never leaves the client. */
export type WrappingKey = Digest<"wrapping key">;
/** Of a device, random: opens what it has of the account's secret keys, and never leaves it. */
export type DeviceKey = Digest<"device key">;
/** Of a recovery code: signs who is there, and never leaves the client. */
export type RecoverySeed = Digest<"recovery seed">;
/** The public key of a recovery seed, by which a server knows its owner. */
export type RecoveryKey = Digest<"recovery key">;
/** Of a recovery code: opens what was sealed for recovery, and never leaves the client. */
export type RecoveryWrappingKey = Digest<"recovery wrapping key">;

type Maker<D> = (bytes: Uint8Array) => D;
const maker = <D extends Brand<Bytes, string>>(): Maker<D> => (bytes) => bytes as D;

export const asAccountFingerprint = maker<AccountFingerprint>();
export const asServerFingerprint = maker<ServerFingerprint>();
export const asCertificateDigest = maker<CertificateDigest>();
export const asTranscript = maker<Transcript>();
export const asEnvelopeDigest = maker<EnvelopeDigest>();
export const asContentsDigest = maker<ContentsDigest>();
export const asPieceDigest = maker<PieceDigest>();
export const asReceiptDigest = maker<ReceiptDigest>();
export const asRecipientDigest = maker<RecipientDigest>();
export const asIdempotencyKey = maker<IdempotencyKey>();
export const asRequestId = maker<RequestId>();
export const asKeyringTag = maker<KeyringTag>();
export const asContentTag = maker<ContentTag>();
export const asInviteHash = maker<InviteHash>();
export const asAppPasswordVerifier = maker<AppPasswordVerifier>();
export const asLoginSeed = maker<LoginSeed>();
export const asLoginKey = maker<LoginKey>();
export const asWrappingKey = maker<WrappingKey>();
export const asDeviceKey = maker<DeviceKey>();
export const asRecoverySeed = maker<RecoverySeed>();
export const asRecoveryKey = maker<RecoveryKey>();
export const asRecoveryWrappingKey = maker<RecoveryWrappingKey>();
