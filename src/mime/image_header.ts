/** What an image is and how large, by its first bytes: nobody's word is taken for it, and nothing is decoded. */

export interface ImageHeader {
  readonly type: "image/png" | "image/jpeg" | "image/gif" | "image/webp";
  readonly width: number;
  readonly height: number;
}

/** Reads the header of a PNG, JPEG, GIF or WebP image. Null: it is none of these, or has no size. */
export function readImageHeader(bytes: Uint8Array): ImageHeader | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const header = readPng(view) ?? readGif(view) ?? readWebp(view) ?? readJpeg(view);
    return header === null || header.width === 0 || header.height === 0 ? null : header;
  } catch (error) {
    if (error instanceof RangeError) return null; // it ends too soon
    throw error;
  }
}

function isAt(view: DataView, at: number, text: string): boolean {
  return [...text].every((character, offset) =>
    view.getUint8(at + offset) === character.charCodeAt(0)
  );
}

function readPng(view: DataView): ImageHeader | null {
  if (!isAt(view, 0, "\x89PNG\r\n\x1a\n")) return null;
  if (!isAt(view, 12, "IHDR")) return null;
  return { type: "image/png", width: view.getUint32(16), height: view.getUint32(20) };
}

function readGif(view: DataView): ImageHeader | null {
  if (!isAt(view, 0, "GIF87a") && !isAt(view, 0, "GIF89a")) return null;
  return { type: "image/gif", width: view.getUint16(6, true), height: view.getUint16(8, true) };
}

/** RFC 9649 2.5, 2.6, 2.7 */
function readWebp(view: DataView): ImageHeader | null {
  if (!isAt(view, 0, "RIFF") || !isAt(view, 8, "WEBP")) return null;
  const type = "image/webp";
  if (isAt(view, 12, "VP8X")) {
    const [width, height] = [24, 27].map((at) => 1 + (view.getUint32(at, true) & 0xffffff));
    return { type, width: width!, height: height! };
  }
  if (isAt(view, 12, "VP8L")) {
    const bits = view.getUint32(21, true);
    return { type, width: 1 + (bits & 0x3fff), height: 1 + ((bits >> 14) & 0x3fff) };
  }
  if (!isAt(view, 12, "VP8 ")) return null;
  const [width, height] = [26, 28].map((at) => view.getUint16(at, true) & 0x3fff);
  return { type, width: width!, height: height! };
}

/** Goes from segment to segment to the one of the frame (ITU-T T.81 B.2.2). */
function readJpeg(view: DataView): ImageHeader | null {
  if (!isAt(view, 0, "\xff\xd8\xff")) return null;
  for (let at = 2;;) {
    if (view.getUint8(at) !== 0xff) return null;
    const marker = view.getUint8(at + 1);
    if (isFrame(marker)) {
      return { type: "image/jpeg", height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
    }
    const isFill = marker === 0xff;
    at += isFill ? 1 : 2 + view.getUint16(at + 2);
  }
}

/** SOF0 to SOF15, but for the three of this range that define tables. */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}
