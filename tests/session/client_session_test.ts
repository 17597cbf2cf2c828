/** The client's side of a session against the real server's side, in one process, and against hostile ones. */
import { asRequestId } from "../../src/model/digests.ts";
import { entryId } from "../../src/model/ids.ts";
import assert from "node:assert/strict";
import { FrameSealer } from "../../src/crypto/session/frame_cipher.ts";
import {
  beginHandshake,
  type ServerKey,
  type SessionKeys,
} from "../../src/crypto/session/handshake.ts";
import { ticketSecrets } from "../../src/crypto/session/ticket.ts";
import { type Bytes, concatBytes, plain, utf8 } from "../../src/model/bytes.ts";
import {
  asCertificateDigest,
  asTranscript,
  type CertificateDigest,
} from "../../src/model/digests.ts";
import { MailError } from "../../src/model/errors.ts";
import { ClientSession, requestFrames } from "../../src/session/client_session.ts";
import { ServerSession } from "../../src/session/server_session.ts";
import { encodeError, serverConfirm, streamEnd } from "../../src/session/state.ts";
import { encode } from "../../src/wire/fields.ts";
import { encodeFrame, type FrameKind } from "../../src/wire/frame.ts";
import { operations } from "../../src/wire/operations.ts";
import { makePairQuickly } from "../support/quick_rsa.ts";

const rsa = await makePairQuickly("RSA-OAEP");
const key: ServerKey = {
  spki: new Uint8Array(await crypto.subtle.exportKey("spki", rsa.publicKey)),
  decrypt: async (sealed) =>
    new Uint8Array(await crypto.subtle.decrypt("RSA-OAEP", rsa.privateKey, plain(sealed))),
  ticketSecret: await ticketSecrets(utf8("private key")),
};
const ticket = { id: new Uint8Array(16), secret: new Uint8Array(32) };
const digest = asCertificateDigest(new Uint8Array(32).fill(1));

/** Both sides, agreed, with a confirm of the server's that the client has not read yet. */
async function agreed(shown: CertificateDigest | null, seen: CertificateDigest | null) {
  const server = new ServerSession(key, shown);
  const client = new ClientSession(seen);
  await server.start();
  client.push(server.takeOutput()!);
  server.push(await client.accept((await client.hello())!));
  assert.equal(await server.next(), null);
  return { server, client };
}

const certificates: readonly [
  name: string,
  shown: CertificateDigest | null,
  seen: CertificateDigest | null,
  code: string | null,
][] = [
  ["the same", digest, digest, null],
  ["over what has none", digest, null, null],
  ["none on either side", null, null, null],
  ["another than was seen", digest, asCertificateDigest(digest.with(0, 2)), "server_key_changed"],
  ["none where one was seen", null, digest, "server_key_changed"],
];

for (const [name, shown, seen, code] of certificates) {
  Deno.test(`the certificate is compared inside the session: ${name}`, async () => {
    const { server, client } = await agreed(shown, seen);
    client.push(server.takeOutput()!);
    if (code === null) assert.equal(await client.next(), null);
    else await assert.rejects(client.next(), { name: "MailError", code });
  });
}

Deno.test("a request travels with the exchange, and its reply with the confirm, byte by byte", async () => {
  const server = new ServerSession(key, null);
  const client = new ClientSession(null);
  await server.start();
  for (const byte of server.takeOutput()!) {
    assert.equal(await client.hello(), null);
    client.push(new Uint8Array([byte]));
  }
  const flight = [await client.accept((await client.hello())!)];
  for (const frame of requestFrames("ping", {}, { loggedIn: false })) {
    flight.push(await client.seal(frame));
  }
  const events = [];
  for (const byte of concatBytes(flight)) {
    server.push(new Uint8Array([byte]));
    const event = await server.next();
    if (event !== null) events.push(event);
  }
  assert.deepEqual(events, [{ type: "request", request: { name: "ping", value: {} } }]);
  const reply = { software: "x", time: 1 };
  await server.reply("ping", reply);
  let answer = null;
  for (const byte of server.takeOutput()!) {
    client.push(new Uint8Array([byte]));
    answer ??= await client.next();
  }
  assert.deepEqual(answer, { type: "reply", payload: encode(operations.ping.reply, reply) });
});

Deno.test("a long request is cut into frames that fit before a login, and put together again", async () => {
  const { server, client } = await agreed(null, null);
  server.logIn("owner");
  const ids = Array.from({ length: 1000 }, (_, id) => entryId(id));
  const frames = requestFrames("cancel", { ids, keyring: null }, { loggedIn: false });
  assert.deepEqual(frames.map(({ kind }) => kind), ["request"]);
  const request = asRequestId(new Uint8Array(16));
  const large = {
    request,
    expectedVersion: 1,
    after: null,
    version: 2,
    sealed: new Uint8Array(20_000),
  };
  const parts = requestFrames("replaceKeyring", large, { loggedIn: false });
  assert.deepEqual(parts.map(({ kind }) => kind), ["part", "part", "request"]);
  for (const frame of parts) {
    const sealed = await client.seal(frame);
    assert.ok(sealed.length <= 4 + 8192);
    server.push(sealed);
  }
  const event = await server.next();
  assert.deepEqual(event, { type: "request", request: { name: "replaceKeyring", value: large } });
});

Deno.test("after the login the same request is one frame", async () => {
  const { server, client } = await agreed(null, null);
  server.logIn("owner");
  const request = asRequestId(new Uint8Array(16));
  const large = {
    request,
    expectedVersion: 1,
    after: null,
    version: 2,
    sealed: new Uint8Array(20_000),
  };
  const frames = requestFrames("replaceKeyring", large, { loggedIn: true });
  assert.deepEqual(frames.map(({ kind }) => kind), ["request"]);
  server.push(await client.seal(frames[0]!));
  const event = await server.next();
  assert.deepEqual(event, { type: "request", request: { name: "replaceKeyring", value: large } });
});

Deno.test("before the exchange nothing is sealed, and only a hello or a refusal is read", async () => {
  const client = new ClientSession(null);
  assert.throws(() => client.seal({ kind: "request", payload: utf8("") }), { code: "protocol" });
  client.push(encodeFrame({ kind: "reply", payload: utf8("x") }));
  await assert.rejects(client.hello(), { code: "protocol" });
  const eager = new ClientSession(null);
  eager.push(encodeFrame({ kind: "reply", payload: utf8("x") }));
  await assert.rejects(eager.next(), { code: "protocol" });
});

for (const code of ["try_later", "denied", "internal", "server_key_changed"] as const) {
  Deno.test(`of an unsealed refusal only "try again" is believed: ${code}`, async () => {
    const client = new ClientSession(null);
    const error = new MailError(code, "obey me", { hint: "rm -r.", retryAfterSeconds: 5 });
    client.push(encodeFrame({ kind: "error", payload: encodeError(error) }));
    await assert.rejects(client.hello(), {
      code: code === "try_later" ? code : "unavailable",
      message: /accepts no more connections/,
      hint: undefined,
      retryAfterSeconds: 5,
    });
  });
}

const versions: readonly [least: number, most: number, message: string, hint: string][] = [
  [1, 1, "1 of the protocol, and this mailctl version 2", "Update mailctl on the server."],
  [3, 4, "3 of the protocol, and this mailctl version 2", "Update mailctl on this machine."],
];

for (const [least, most, message, hint] of versions) {
  Deno.test(`a server of version ${least} is refused, and who has to update is told`, async () => {
    const { hello } = await beginHandshake(key);
    const other = hello.slice();
    other.set([0, least, 0, most]);
    const client = new ClientSession(null);
    client.push(encodeFrame({ kind: "hello", payload: other }));
    await assert.rejects(client.hello(), {
      code: "protocol",
      message: `Cannot use this server: it speaks version ${message}`,
      hint,
    });
  });
}

Deno.test("a hello longer than one may be is refused", async () => {
  const flooded = new ClientSession(null);
  flooded.push(new Uint8Array([0, 0, 0x20, 1, 1]));
  await assert.rejects(flooded.hello(), { code: "protocol" });
});

/** A server of our own, that seals what it likes. */
async function hostile(): Promise<
  { client: ClientSession; keys: SessionKeys; sealer: FrameSealer }
> {
  const server = await beginHandshake(key);
  const client = new ClientSession(null);
  client.push(encodeFrame({ kind: "hello", payload: server.hello }));
  const flight = await client.accept((await client.hello())!);
  const exchangeBytes = new DataView(flight.buffer).getUint32(0) - 1;
  const keys = await server.finish(flight.slice(5, 5 + exchangeBytes));
  return { client, keys, sealer: new FrameSealer(keys.toClient, "toClient") };
}

Deno.test("a server that confirms something else, or nothing, is left", async () => {
  const wrong = (keys: SessionKeys): [FrameKind, Bytes][] => {
    const { transcript } = keys;
    const confirm = (transcript: Uint8Array) =>
      encode(serverConfirm, {
        transcript: asTranscript(transcript),
        certificateDigest: null,
        ticket,
      }).slice();
    return [["confirm", confirm(transcript.with(0, transcript[0]! ^ 1))], [
      "reply",
      confirm(transcript),
    ]];
  };
  for (const index of [0, 1]) {
    const { client, keys, sealer } = await hostile();
    const [kind, payload] = wrong(keys)[index]!;
    client.push(await sealer.seal({ kind, payload }));
    await assert.rejects(client.next(), { code: "protocol" });
  }
});

const misplaced: readonly [kind: FrameKind, payload: Uint8Array][] = [
  ["hello", utf8("x")],
  ["exchange", utf8("x")],
  ["confirm", utf8("x")],
  ["request", utf8("x")],
  ["end", encode(streamEnd, { complete: false })],
  ["end", utf8("")],
];

for (const [kind, payload] of misplaced) {
  Deno.test(`a server that sends a frame without a place is left: ${kind} ${payload.length}`, async () => {
    const { client, keys, sealer } = await hostile();
    const confirm = { transcript: keys.transcript, certificateDigest: null, ticket };
    client.push(await sealer.seal({ kind: "confirm", payload: encode(serverConfirm, confirm) }));
    client.push(await sealer.seal({ kind, payload }));
    await assert.rejects(client.next(), { name: "MailError", code: "protocol" });
  });
}
