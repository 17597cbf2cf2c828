/** A server that breaks the protocol: the sentence names it, whatever it said. */
import assert from "node:assert/strict";
import { Client } from "../../src/client/connection/client.ts";
import { MailError } from "../../src/model/errors.ts";
import { encodeError } from "../../src/session/state.ts";
import { encodeFrame } from "../../src/wire/frame.ts";
import { pipe } from "../support/pipe.ts";

const address = "mail.example.org:4465";

const beginnings: readonly (readonly [what: string, bytes: Uint8Array, told: string])[] = [
  [
    "a hello that is none",
    encodeFrame({ kind: "hello", payload: new Uint8Array(100) }),
    `Cannot use the server ${address}: cannot decode`,
  ],
  [
    "a frame without bound",
    Uint8Array.of(255, 255, 255, 255, 1),
    `Cannot use the server ${address}: cannot accept a frame of 4294967295 bytes`,
  ],
  [
    "an answer before the hello",
    encodeFrame({ kind: "reply", payload: new Uint8Array(0) }),
    `Cannot use the server ${address}: cannot accept a frame "reply" as a hello`,
  ],
  [
    "that it accepts no more",
    encodeFrame({ kind: "error", payload: encodeError(new MailError("try_later", "\x1b[2J")) }),
    `Cannot reach the server ${address}: it accepts no more connections now`,
  ],
];

for (const [what, bytes, told] of beginnings) {
  Deno.test(`a server that begins with ${what} is named`, async () => {
    const [here, there] = pipe({ remoteAddress: address });
    await there.write(bytes);
    const check = () => Promise.reject(new Error("it said no hello"));
    const client = new Client(Promise.resolve(here), check);
    const error = await client.call("ping", {}).then(() => null, (error) => error);
    assert.ok(error instanceof MailError && error.message.startsWith(told), String(error));
    client.close();
    there.close();
  });
}
