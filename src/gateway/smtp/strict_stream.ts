/** smtp-server's parser, with content read in as many pieces as it comes in: not in one for every line that begins with a dot. */
import { Buffer } from "node:buffer";
import type { SMTPServerDataStream } from "smtp-server";
import { SMTPStream } from "smtp-server/lib/smtp-stream.js";
import { DotReader } from "./dot_reader.ts";

type Done = Parameters<SMTPStream["_feedDataStream"]>[1];

export class StrictStream extends SMTPStream {
  #content = new DotReader();

  override startDataMode(maxBytes?: number | string | null): SMTPServerDataStream {
    this.#content = new DotReader();
    return super.startDataMode(maxBytes);
  }

  override _feedDataStream(chunk: Buffer, done: Done): void {
    const { content, rest } = this.#content.take(chunk);
    this._countDataBytes(content.length);
    if (rest !== null) this._endDataMode(bufferOf(content), bufferOf(rest), done);
    else if (content.length === 0) done();
    else handOn(content, this._dataStream!, done);
  }
}

/** Goes on when there is room again. */
function handOn(content: Uint8Array, stream: SMTPServerDataStream, done: Done): void {
  if (!stream.writable || stream.write(content) || stream.destroyed) return done();
  const goOn = () => {
    stream.off("drain", goOn).off("close", goOn);
    done();
  };
  stream.once("drain", goOn).once("close", goOn);
}

/** The same bytes. */
function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}
