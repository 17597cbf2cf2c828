/** Streams, drafts and leaves for the tests of src/mime. */

import { concatBytes } from "../../src/model/bytes.ts";
import type { MimeDraft } from "../../src/mime/compose.ts";
import { parseParts } from "../../src/mime/parse.ts";
import type { PartHeader } from "../../src/mime/part.ts";

const pad = new TextEncoder().encode(`Pad: ${"x".repeat(16 * 1024)}\n`);

/** Writes a text as bytes. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Writes a text of lines as a message has them, ended by CRLF. */
export function lines(...texts: string[]): Uint8Array {
  return bytesOf(texts.map((text) => `${text}\r\n`).join(""));
}

/** Streams bytes cut to chunks of a size. */
export async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    yield await Promise.resolve(bytes.slice(at, at + size));
  }
}

/**
 * Streams a message in two chunks, with a field before it so long that they reach the parser's
 * inner stages as they are cut here, not joined.
 */
export async function* cutOnce(message: Uint8Array, at: number): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(concatBytes([pad, message.subarray(0, at)]));
  yield message.slice(at);
}

/** Collects a stream to one run of bytes. */
export async function collect(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks = await Array.fromAsync(source);
  return new Uint8Array(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}

/** Parses a message to its leaves, each with its content. */
export async function readLeaves(
  source: AsyncIterable<Uint8Array>,
): Promise<{ part: PartHeader; content: Uint8Array }[]> {
  const leaves: { part: PartHeader; content: Uint8Array }[] = [];
  for await (const { part, content } of parseParts(source)) {
    leaves.push({ part, content: await collect(content) });
  }
  return leaves;
}

/** Makes a whole draft of what a test cares about. */
export function draftOf(some: Partial<MimeDraft>): MimeDraft {
  return {
    messageId: "1@example.org",
    date: new Date("2026-01-02T03:04:05Z"),
    from: "alice@example.org",
    to: ["bob@example.org"],
    cc: [],
    subject: "Hello",
    references: [],
    boundary: "=_b0",
    body: bytesOf("Hello\n"),
    attachments: [],
    ...some,
  };
}

/** Makes a generator of numbers below 2^32, the same for the same seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}
