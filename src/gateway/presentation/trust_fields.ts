/** Who signed a message, as header fields for programs that know nothing of mailctl. They never change. */
import { type Address, asAddress } from "../../model/address.ts";
import { utf8 } from "../../model/bytes.ts";
import type { AccountFingerprint } from "../../model/digests.ts";

/** Every field whose name begins so is ours; of others' making there is none left. */
export const reservedPrefix = "mailctl-";

export interface TrustFields {
  /** `name@domain` of the account that signed, or what stands where none did. */
  readonly sender: Address | "unsigned";
  /** Of the sender's keys; null where nobody signed. */
  readonly fingerprint: AccountFingerprint | null;
}

const fingerprintCharacters = 64;

/**
 * Writes the fields, each with its CRLF. Their length depends on the sender alone, less `spentBytes` (at most 60, and
 * where there is no fingerprint), which a mark takes elsewhere in the header.
 */
export function formatTrustFields(
  { sender, fingerprint }: TrustFields,
  spentBytes = 0,
): Uint8Array {
  const hex = fingerprint?.toHex() ?? "none";
  return utf8(
    `Mailctl-Sender: ${sender}\r\n` +
      `Mailctl-Fingerprint: ${hex.padStart(fingerprintCharacters - spentBytes)}\r\n`,
  );
}

/** Bytes of the fields for mail from this sender, whatever they say, and of a mark. */
export function marksBytes(sender: TrustFields["sender"]): number {
  return formatTrustFields({ sender, fingerprint: null }).length;
}

/** As `marksBytes`, of a message that begins with the fields as they are written here; null: of any other. */
export function marksBytesIn(message: string): number | null {
  const [, sender] = /^Mailctl-Sender: (\S+)\r\n/.exec(message) ?? [];
  return sender === undefined ? null : marksBytes(asAddress(sender));
}
