/** Encoded words (RFC 2047) on the way in. Never throws; linear in the length of the text. */

import { utf8 } from "../../model/bytes.ts";
import { decodeText } from "../charset/charset.ts";
import { Base64Decoder } from "../transfer/decode.ts";
import { decodeEscapes } from "../escape.ts";

interface Run {
  readonly charset: string;
  readonly bytes: number[];
}

/** Of one text; a list of 1000 people has fewer. To decode a word takes microseconds. */
const maxPieces = 10_000;
/** Of one text. To look for a charset that nobody knows takes a tenth of a millisecond. */
const maxCharsets = 16;

/** Decodes the encoded words of a text, and leaves all else as it is, also what stands behind too many of them. */
export function decodeWords(text: string): string {
  // RFC 2231 5 lets a language follow the charset.
  const pattern = /=\?([^?*\s]+)(?:\*[^?\s]*)?\?([BbQq])\?([^?]*)\?=/g;
  const out: string[] = [];
  let run = null as Run | null;
  let [end, pieceCount] = [0, 0];
  const charsets = new Set<string>();
  for (const match of text.matchAll(pattern)) {
    const [whole, label = "", encoding = "", payload = ""] = match;
    const charset = label.toLowerCase();
    // Raw bytes, which RFC 2047 2 forbids, are characters already: every other piece.
    const pieces = /q/i.test(encoding) ? payload.split(/([^\0-\x7f]+)/) : [payload];
    pieceCount += pieces.length;
    if (pieceCount > maxPieces || charsets.add(charset).size > maxCharsets) break;
    const between = text.slice(end, match.index);
    // RFC 2047 6.2: blanks between two encoded words are not text.
    const joins = run !== null && between.trim() === "";
    if (!joins || run?.charset !== charset) {
      out.push(decodeRun(run), joins ? "" : between);
      run = { charset, bytes: [] };
    }
    for (const [at, piece] of pieces.entries()) {
      if (at % 2 === 1) {
        out.push(decodeRun(run), piece);
        run = { ...run, bytes: [] };
        continue;
      }
      // Characters are joined before they are decoded: some senders split them.
      for (const byte of decodePayload(encoding, piece)) run.bytes.push(byte);
    }
    end = match.index + whole.length;
  }
  out.push(decodeRun(run), text.slice(end));
  return out.join("");
}

function decodeRun(run: Run | null): string {
  return run === null ? "" : decodeText(Uint8Array.from(run.bytes), run.charset);
}

function decodePayload(encoding: string, payload: string): Iterable<number> {
  if (encoding.toUpperCase() === "Q") return decodeQ(payload);
  const decoder = new Base64Decoder();
  return [...decoder.decode(utf8(payload)), ...decoder.end()];
}

// RFC 2047 4.2
function decodeQ(payload: string): Uint8Array {
  return decodeEscapes(payload.replaceAll("_", " "), "=");
}
