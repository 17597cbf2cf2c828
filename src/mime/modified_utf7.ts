/**
 * Names of folders in ASCII: modified UTF-7 (RFC 3501 5.1.3). `&` and what is not printable ASCII stand as base 64 of
 * UTF-16, between `&` and `-`. A name has one spelling.
 */

/** Encodes a name. `escaped`: printable characters that are encoded as well, where they mean something else. */
export function encodeModifiedUtf7(name: string, escaped = ""): string {
  const isPlain = (character: string) => /[ -~]/.test(character) && !escaped.includes(character);
  let [written, run] = ["", ""];
  const endRun = () => {
    if (run !== "") written += `&${base64Of(run)}-`;
    run = "";
  };
  for (const character of name) {
    if (!isPlain(character)) {
      run += character;
      continue;
    }
    endRun();
    written += character === "&" ? "&-" : character;
  }
  endRun();
  return written;
}

/** Decodes what `encodeModifiedUtf7` writes; null for anything else. */
export function decodeModifiedUtf7(written: string, escaped = ""): string | null {
  const name = written.replace(
    /&([A-Za-z0-9+,]*)-/g,
    (_, base64: string) => base64 === "" ? "&" : utf16Of(base64),
  );
  return encodeModifiedUtf7(name, escaped) === written ? name : null;
}

function base64Of(text: string): string {
  const bytes = new Uint8Array(2 * text.length);
  for (let at = 0; at < text.length; at++) {
    bytes[2 * at] = text.charCodeAt(at) >> 8;
    bytes[2 * at + 1] = text.charCodeAt(at) & 0xff;
  }
  return bytes.toBase64({ omitPadding: true }).replaceAll("/", ",");
}

/** What cannot be read is read as nothing: written again it is something else. */
function utf16Of(base64: string): string {
  try {
    const bytes = Uint8Array.fromBase64(base64.replaceAll(",", "/"));
    return new TextDecoder("utf-16be", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return "";
  }
}
