/** Frames where they have no place, and operations before a login. */
import assert from "node:assert/strict";
import { passwordFloor } from "../../src/model/account.ts";
import { asAccountName } from "../../src/model/address.ts";
import { asAppPasswordVerifier, asIdempotencyKey, asLoginKey } from "../../src/model/digests.ts";
import { entryId } from "../../src/model/ids.ts";
import { encodeFrame, type FrameKind } from "../../src/wire/frame.ts";
import { type OperationName, operations } from "../../src/wire/operations.ts";
import { messageTo, registerOn } from "../support/account.ts";
import { type Asked, outcome, RawClient, requestPayload } from "../support/raw_client.ts";
import { startPipeServer } from "../support/server.ts";

const kinds: FrameKind[] = ["hello", "confirm", "part", "request", "reply", "error", "data", "end"];

Deno.test("before the exchange every other frame ends the session without a word", async () => {
  await using server = await startPipeServer();
  for (const kind of kinds) {
    const client = new RawClient(server.connect());
    await client.nextRaw();
    await client.sendBytes(encodeFrame({ kind, payload: new Uint8Array(40) }));
    assert.deepEqual(await client.readToEnd(), [], kind);
  }
});

Deno.test("before the confirmation every other frame ends the session without a word", async () => {
  await using server = await startPipeServer();
  for (const kind of kinds.filter((kind) => kind !== "confirm")) {
    const client = new RawClient(server.connect());
    const { payload, keys } = await client.answerHello();
    await client.sendBytes(encodeFrame({ kind: "exchange", payload }));
    client.useKeys(keys);
    await client.send(kind, requestPayload("ping", {}));
    assert.deepEqual(await client.readToEnd(), [], kind);
  }
});

Deno.test("between requests a frame of any other kind ends the session", async () => {
  await using server = await startPipeServer();
  for (const kind of kinds.filter((kind) => kind !== "request" && kind !== "part")) {
    const client = await RawClient.open(server.connect());
    await client.send(kind, new Uint8Array(40));
    assert.equal((await client.next()).kind, "error");
    assert.deepEqual(await client.readToEnd(), []);
  }
});

Deno.test("an operation nobody knows is refused, and the session goes on", async () => {
  await using server = await startPipeServer();
  const client = await RawClient.open(server.connect());
  await client.send("request", new Uint8Array([0xff, 0xff]));
  assert.equal(await outcome(client.reply("ping")), "protocol");
  assert.equal(await outcome(client.call("ping", {})), "ok");
});

/** A well-formed request for every operation that needs a login. */
const requests: { [N in OperationName]?: Asked<N> } = {
  lookUp: { names: [asAccountName("ada")] },
  list: {
    box: "inbox",
    before: null,
    limit: 1,
    unread: false,
    from: null,
    since: null,
    aside: null,
  },
  saveSummaries: { summaries: [], keyring: null },
  look: { ids: [entryId(1)] },
  fetch: { id: entryId(1) },
  upload: {},
  send: messageTo([], new Uint8Array(1)),
  submit: {
    ...messageTo([], new Uint8Array(1)),
    unknown: [],
    partial: true,
    expires: null,
    deliver: null,
    burn: false,
  },
  append: {
    idempotencyKey: asIdempotencyKey(new Uint8Array(32)),
    box: "inbox",
    read: false,
    upload: null,
    body: new Uint8Array(1),
    envelope: new Uint8Array(1),
    filing: null,
  },
  findAppended: { idempotencyKeys: [asIdempotencyKey(new Uint8Array(32))] },
  cancel: { ids: [entryId(1)], keyring: null },
  bounced: { ids: [entryId(1)] },
  findSend: { idempotencyKey: asIdempotencyKey(new Uint8Array(32)) },
  markRead: { read: [{ id: entryId(1), receipt: null }] },
  delete: { ids: [entryId(1)], versions: null },
  keyring: { known: null },
  directory: { pattern: "ada", online: false, after: null },
  replaceKeyring: { expectedVersion: 0, after: null, version: 1, sealed: new Uint8Array(1) },
  waitForMail: { after: 0, unread: false },
  changes: { since: 0, known: 0, limit: 1, aside: false },
  waitForChanges: { since: 0, folders: 0 },
  file: { filings: [] },
  folders: {},
  replaceFolders: { expectedVersion: 0, version: 1, sealed: new Uint8Array(1) },
  copy: { copies: [] },
  markUnread: { ids: [entryId(1)] },
  usage: {},
  filings: { ids: [entryId(1)] },
  waitForRead: { id: entryId(1), known: 0 },
  changePassword: {
    parameters: { salt: new Uint8Array(16), ...passwordFloor },
    loginKey: asLoginKey(new Uint8Array(32)),
    sealedKeys: new Uint8Array(1),
    devices: [],
  },
  rotateKeys: {
    keys: { signingKey: new Uint8Array(32), recipient: "", signature: new Uint8Array(64) },
    succession: {
      succeededAt: 0,
      signature: new Uint8Array(64),
      acceptance: new Uint8Array(64),
    },
    devices: [],
    sealedKeys: new Uint8Array(1),
  },
  replaceSealedKeys: { sealedKeys: new Uint8Array(1), devices: [] },
  successions: { names: [asAccountName("ada")] },
  createAppPassword: {
    label: "scanner",
    scope: "smtp",
    verifier: asAppPasswordVerifier(new Uint8Array(32)),
  },
  appPasswords: {},
  revokeAppPassword: { label: "scanner" },
  block: { addresses: ["bob"] },
  unblock: { addresses: ["bob"] },
  blocked: {},
  checkAppPassword: { scope: "bridge", verifier: asAppPasswordVerifier(new Uint8Array(32)) },
  saveRecovery: { recovery: null },
  addDevice: {
    label: "laptop",
    scope: "mail",
    senders: null,
    expires: null,
    key: asLoginKey(new Uint8Array(32)),
    sealedKeys: new Uint8Array(1),
    wrappedKey: new Uint8Array(60),
    replaces: null,
  },
  devices: {},
  deviceKeys: {},
  revokeDevice: { label: "laptop" },
  endDevice: {},
};

Deno.test("every operation of an account or its owner is refused before the login", async () => {
  await using server = await startPipeServer();
  const client = await RawClient.open(server.connect());
  for (const [name, { callers, stream }] of Object.entries(operations)) {
    if (callers === "anybody") continue;
    const request = requests[name as OperationName];
    assert.ok(request !== undefined, `the test has no request for ${name}`);
    await client.sendRequest(name as OperationName, request as never);
    if (stream === "up") await client.endStream(true);
    assert.equal(await outcome(client.reply(name as OperationName)), "denied", name);
  }
});

Deno.test("one session is one account's", async () => {
  await using server = await startPipeServer();
  const client = await RawClient.open(server.connect());
  const ada = await registerOn(client, "ada");
  assert.equal(await outcome(client.logIn(ada)), "ok");
  assert.equal(await outcome(registerOn(client, "bob")), "denied");
});
