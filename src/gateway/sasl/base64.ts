/** What SASL carries on a line of SMTP or POP3: text in base 64. */

/** Null: it is not base 64. */
export function decodeToken(token: string): string | null {
  try {
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.fromBase64(token));
  } catch {
    return null;
  }
}
