/** A server answers with failures of its choice: what it says is shown as its words, and never as what mailctl found. */
import assert from "node:assert/strict";
import { failureJson } from "../../src/cli/terminal/failure.ts";
import { Client } from "../../src/client/connection/client.ts";
import { FrameOpener, FrameSealer } from "../../src/crypto/session/frame_cipher.ts";
import { beginHandshake } from "../../src/crypto/session/handshake.ts";
import { type FailureCode, failures, MailError } from "../../src/model/errors.ts";
import { limits } from "../../src/model/limits.ts";
import type { Connection } from "../../src/net/connection.ts";
import { encodeError, serverConfirm } from "../../src/session/state.ts";
import { encode } from "../../src/wire/fields.ts";
import { encodeFrame, FrameDecoder } from "../../src/wire/frame.ts";
import { pipe } from "../support/pipe.ts";
import { startPipeServer } from "../support/server.ts";

/** Of keys, signatures, this machine and its settings a client believes only itself. */
const never = [
  "usage",
  "configuration",
  "server_unknown",
  "server_key_changed",
  "key_changed", // but to `send`, whose client looks for itself
  "bad_signature",
  "not_verified",
  "no_input",
  "cannot_create",
  "timed_out",
  "cancelled",
];

const phishing = new MailError("internal", "its key changed", {
  hint: "Type `mailctl login --server 203.0.113.9:4465#aaaa`.",
  retryAfterSeconds: 9,
});

/** Speaks as a server does, and answers every request with this. */
async function answerWith(connection: Connection, error: MailError): Promise<void> {
  await using server = await startPipeServer(); // for its key
  const handshake = await beginHandshake(server.key);
  await connection.write(encodeFrame({ kind: "hello", payload: handshake.hello }));
  const decoder = new FrameDecoder(limits.chunkBytes);
  let keys: { opener: FrameOpener; sealer: FrameSealer } | null = null;
  for (let bytes; (bytes = await connection.read()) !== null;) {
    decoder.push(bytes);
    for (let frame; (frame = decoder.next()) !== null;) {
      if (keys === null) {
        const { toServer, toClient, transcript } = await handshake.finish(frame.payload);
        keys = {
          opener: new FrameOpener(toServer, "toServer"),
          sealer: new FrameSealer(toClient, "toClient"),
        };
        const ticket = { id: new Uint8Array(16), secret: new Uint8Array(32) };
        const payload = encode(serverConfirm, { transcript, certificateDigest: null, ticket });
        await connection.write(await keys.sealer.seal({ kind: "confirm", payload }));
      } else if ((await keys.opener.open(frame)).kind === "request") {
        const payload = encodeError(error);
        await connection.write(await keys.sealer.seal({ kind: "error", payload }));
      }
    }
  }
}

async function told(error: MailError): Promise<MailError> {
  const [here, there] = pipe();
  const answering = answerWith(there, error);
  const trust = { ticket: null, onProved: () => Promise.resolve(), proofFirst: false };
  const client = new Client(Promise.resolve(here), () => Promise.resolve(trust));
  try {
    return await client.call("ping", {}).then(
      () => assert.fail("it was answered"),
      (error) => error,
    );
  } finally {
    client.close();
    await answering;
  }
}

for (const code of Object.keys(failures) as FailureCode[]) {
  const isHeard = failures[code].byServer && !never.includes(code);
  const expected = isHeard ? code : "protocol";
  Deno.test(`a server that says ${code} is heard to say ${expected}`, async () => {
    const { message, hint, retryAfterSeconds } = phishing;
    const error = await told(new MailError(code, message, { hint, retryAfterSeconds }));
    assert.deepEqual(failureJson(error), {
      error: {
        code: expected,
        message: "the server says: its key changed",
        hint: "the server suggests: Type `mailctl login --server 203.0.113.9:4465#aaaa`.",
        retryAfterSeconds: 9,
        by: "server",
      },
    });
  });
}

Deno.test("what mailctl finds out itself says nothing of a server", () => {
  assert.deepEqual(failureJson(new MailError("server_key_changed", "Cannot trust it")), {
    error: { code: "server_key_changed", message: "Cannot trust it", hint: null },
  });
});
