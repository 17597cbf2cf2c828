/** The source of a message for programs other than mailctl: they expect no binary parts. */
import { notWhatWasSigned } from "../../crypto/message/piece.ts";
import { ByteCounter } from "../../model/byte_counter.ts";
import type { OpenedMessage } from "./opened_entry.ts";

/**
 * Hands out the MIME source as `source` does, its binary parts in base64: as many bytes as its sender signed.
 * @throws {MailError} as `source`, and `bad_signature` at the end where they are not so many
 */
export async function* encodedSource(
  { encodedBytes, source }: Pick<OpenedMessage, "encodedBytes" | "source">,
): AsyncGenerator<Uint8Array, void> {
  if (encodedBytes === null) return yield* source();
  const { encodeBinaryParts } = await import("../../mime/structure/encode_binary.ts");
  const counter = new ByteCounter((bytes) => {
    if (bytes > encodedBytes) throw notWhatWasSigned();
  });
  yield* counter.pass(encodeBinaryParts(source()));
  if (counter.bytes < encodedBytes) throw notWhatWasSigned();
}
