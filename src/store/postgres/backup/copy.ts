/** The two directions of COPY: https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-COPY. */
import { Buffer } from "node:buffer";
import { bestEffort } from "../../../model/promises.ts";
import type { DriverClient, DriverConnection } from "../driver.ts";

/** What is read ahead of whoever takes it, in bytes. */
const aheadBytes = 1024 * 1024;

/**
 * Runs `COPY ... FROM STDIN` with what `pieces` hand out, as fast as it is taken.
 * @throws what is wrong with the statement, the connection, or the pieces: then nothing was copied
 */
export async function copyIn(
  client: DriverClient,
  text: string,
  pieces: AsyncIterable<Uint8Array>,
): Promise<void> {
  const begun = Promise.withResolvers<DriverConnection>();
  const done = Promise.withResolvers<void>();
  let isOver = false;
  done.promise.catch(() => isOver = true); // nobody may be waiting yet
  client.query({
    submit: (connection) => connection.query(text),
    handleCopyInResponse: (connection) => begun.resolve(connection),
    handleCommandComplete: () => {},
    handleReadyForQuery: () => done.resolve(),
    handleError: (error) => done.reject(error),
  });
  const connection = await Promise.race([begun.promise, done.promise]) as DriverConnection;
  try {
    for await (const { buffer, byteOffset, length } of pieces) {
      if (isOver) break;
      connection.sendCopyFromChunk(Buffer.from(buffer, byteOffset, length));
      if (!connection.stream.writableNeedDrain) continue;
      const drained = new Promise<void>((resolve) => connection.stream.once("drain", resolve));
      await Promise.race([drained, done.promise]);
    }
  } catch (error) {
    if (isOver) throw error;
    connection.sendCopyFail("");
    await bestEffort(done.promise); // what is wrong is known
    throw error;
  }
  connection.endCopyFrom();
  await done.promise;
}

/**
 * Runs `COPY ... TO STDOUT` and hands out its messages, each of which is a row, as fast as they are taken. Whoever stops
 * earlier ends the connection. @throws what is wrong with the statement or the connection
 */
export function copyOut(client: DriverClient, text: string): ReadableStream<Uint8Array> {
  let connection: DriverConnection;
  return new ReadableStream<Uint8Array>({
    start: (rows) => {
      client.query({
        submit: (to) => (connection = to).query(text),
        handleCopyData: ({ chunk }) => {
          rows.enqueue(Uint8Array.from(chunk)); // the driver uses its own again
          if (rows.desiredSize! <= 0) connection.stream.pause();
        },
        handleCommandComplete: () => {},
        handleReadyForQuery: () => rows.close(),
        handleError: (error) => rows.error(error),
      });
    },
    pull: () => void connection.stream.resume(),
  }, { highWaterMark: aheadBytes, size: ({ length }) => length });
}
