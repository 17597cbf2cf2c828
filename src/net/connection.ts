/** A stream of bytes both ways, whatever carries it: TLS, or a pipe in memory. */
import type { CertificateDigest } from "../model/digests.ts";
export interface Connection {
  /** What limits by address go by: an IP address, or a name for what has none. */
  readonly remoteAddress: string;
  /** SHA-256 of the TLS certificate (DER) that this side shows or saw; null where there is none. */
  readonly certificateDigest: CertificateDigest | null;
  /**
   * Reads what has arrived, waiting for at least a byte. Null: the other side ended the stream, or it was cut.
   * The bytes are the caller's own.
   */
  read(): Promise<Uint8Array<ArrayBuffer> | null>;
  /** Writes it all, in one segment where it fits. Resolves when more may be written. @throws `unavailable` when closed. */
  write(bytes: Uint8Array): Promise<void>;
  /** Says that no more is to come, where the carrier has a word for it (TLS does); to be closed after that. Never fails. */
  end?(): Promise<void>;
  /** Closes at once, also under a read or write that waits. Closing twice is harmless. */
  close(): void;
}
