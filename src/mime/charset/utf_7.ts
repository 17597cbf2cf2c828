/** UTF-7 (RFC 2152) on the way in. Never throws; linear. */
import { byteString } from "../byte_string.ts";

/** Decodes bytes; what is no base64 behind a `+` stays as it is. */
export function decodeUtf7(bytes: Uint8Array): string {
  return byteString(bytes).replace(/\+([A-Za-z0-9+/]*)-?/g, (whole, digits: string) => {
    if (digits === "") return whole === "+-" ? "+" : whole;
    return decodeShifted(digits) ?? whole;
  });
}

const decoder = new TextDecoder("utf-16be");

/** Bits that are over belong to no character: RFC 2152, rule 2. */
function decodeShifted(digits: string): string | null {
  const whole = digits.length % 4 === 1 ? digits.slice(0, -1) : digits;
  const bytes = Uint8Array.fromBase64(whole, { lastChunkHandling: "loose" });
  return bytes.length < 2 ? null : decoder.decode(bytes.subarray(0, bytes.length & ~1));
}
