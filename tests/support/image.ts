/** Images made here, as small as they can be. */
import { crc32 } from "node:zlib";
import { concatBytes, utf8 } from "../../src/model/bytes.ts";

/** A PNG as far as its size: no program draws it. */
export function pngOf(width: number, height: number): Uint8Array {
  return concatBytes([signature, header(width, height)]);
}

/** A PNG of one colour, whole, of as many pixels a side as that. */
export async function drawnPng(side: number): Promise<Uint8Array> {
  const rows = new Uint8Array(side * (side + 1)).fill(0x60);
  for (let row = 0; row < side; row++) rows[row * (side + 1)] = 0; // no filter
  const packed = new Blob([rows]).stream().pipeThrough(new CompressionStream("deflate"));
  const data = new Uint8Array(await new Response(packed).arrayBuffer());
  const chunks = [header(side, side), chunk("IDAT", data), chunk("IEND", new Uint8Array())];
  return concatBytes([signature, ...chunks]);
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

function header(width: number, height: number): Uint8Array {
  const fields = new Uint8Array(13);
  const view = new DataView(fields.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  fields[8] = 8; // bits of a grey pixel
  return chunk("IHDR", fields);
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = concatBytes([utf8(type), data]);
  const [length, sum] = [new Uint8Array(4), new Uint8Array(4)];
  new DataView(length.buffer).setUint32(0, data.length);
  new DataView(sum.buffer).setUint32(0, crc32(body));
  return concatBytes([length, body, sum]);
}
