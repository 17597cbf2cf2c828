/** Bytes as text, whatever charset they claim. Never throws. */

const fallbackCharset = "windows-1252"; // what "latin1" means in practice, WHATWG Encoding 4.2

/** Decodes text; without a charset it is UTF-8 if it can be; an unknown charset is Latin-1. */
export function decodeText(bytes: Uint8Array, charset: string | null): string {
  return charset === null ? decodeUnlabelled(bytes) : decoderOf(charset).decode(bytes);
}

/** Decodes the beginning of a longer text; a character cut off at the end is left out. */
export function decodeTextStart(bytes: Uint8Array, charset: string | null): string {
  const decoder = charset === null ? unlabelledDecoder(bytes) : decoderOf(charset);
  return decoder.decode(bytes, { stream: true });
}

function decodeUnlabelled(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder(fallbackCharset).decode(bytes);
  }
}

function unlabelledDecoder(bytes: Uint8Array): TextDecoder {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: true });
    return new TextDecoder();
  } catch {
    return new TextDecoder(fallbackCharset);
  }
}

function decoderOf(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder(fallbackCharset);
  }
}
