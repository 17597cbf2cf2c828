/** What a server has the store count for all servers: each change by its rate, and none on the server's own machine. */
import assert from "node:assert/strict";
import { passwordFloor } from "../../src/model/account.ts";
import { asAppPasswordVerifier, asIdempotencyKey, asLoginKey } from "../../src/model/digests.ts";
import { entryId } from "../../src/model/ids.ts";
import { type RateName, rates } from "../../src/service/rate_limit.ts";
import type { NewInbound } from "../../src/store/inbound_store.ts";
import type { Actor, SessionTerms, Store } from "../../src/store/store.ts";
import type { OperationName } from "../../src/wire/operations.ts";
import { messageTo, registerOn } from "../support/account.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { type Asked, outcome, RawClient } from "../support/raw_client.ts";
import { ReceptionStage } from "../support/reception_stage.ts";
import { startPipeServer } from "../support/server.ts";

/** Writes down which of its methods are called to be counted, and by which rate. */
class CountingStore extends MemoryStore {
  counted: (readonly [method: string, rate: RateName | undefined])[] = [];

  override as(actor: Actor, terms?: SessionTerms): Store {
    const view = super.as(actor, terms);
    const { rate } = terms ?? {};
    if (rate === undefined) return view;
    return new Proxy(view, {
      get: (_, name: keyof Store) => {
        this.counted.push([name, nameOf(rate)]);
        return (view[name] as () => unknown).bind(view);
      },
    });
  }

  override receive(inbound: NewInbound): Promise<void> {
    this.counted.push(["receive", inbound.rate && nameOf(inbound.rate)]);
    return super.receive(inbound);
  }
}

function nameOf(rate: object): RateName {
  return (Object.keys(rates) as RateName[]).find((name) => rates[name] === rate)!;
}

const key = new Uint8Array(32);
const sealed = new Uint8Array(30);

/** Operation -> a request, what the store is asked to do, and by which rate that counts. */
const cases = (
  ada: Parameters<typeof messageTo>[0][number],
): { [N in OperationName]?: [Asked<N>, method: keyof Store, RateName] } => ({
  send: [messageTo([ada], sealed), "send", "sendByAccount"],
  submit: [
    {
      ...messageTo([ada], sealed),
      unknown: [],
      partial: true,
      expires: null,
      deliver: null,
      burn: false,
    },
    "submit",
    "sendByAccount",
  ],
  append: [
    {
      idempotencyKey: asIdempotencyKey(key),
      box: "inbox",
      read: false,
      upload: null,
      body: sealed,
      envelope: sealed,
      filing: null,
    },
    "append",
    "appendByAccount",
  ],
  saveSummaries: [{ summaries: [], keyring: null }, "saveSummaries", "summariesByAccount"],
  saveOutlines: [
    { outlines: [{ id: entryId(1), sealed }] },
    "saveOutlines",
    "summariesByAccount",
  ],
  replaceKeyring: [
    { expectedVersion: 0, after: null, version: 1, sealed },
    "replaceKeyring",
    "keyringByAccount",
  ],
  file: [{ filings: [] }, "fileEntries", "filingsByAccount"],
  copy: [{ copies: [] }, "copyEntries", "filingsByAccount"],
  replaceFolders: [
    { expectedVersion: 0, version: 1, sealed },
    "replaceFolders",
    "filingsByAccount",
  ],
  block: [{ addresses: ["eve@elsewhere.test"] }, "block", "blocksByAccount"],
  unblock: [{ addresses: ["eve@elsewhere.test"] }, "unblock", "blocksByAccount"],
  createAppPassword: [
    { label: "scanner", scope: "smtp", verifier: asAppPasswordVerifier(key) },
    "addAppPassword",
    "credentialsByAccount",
  ],
  addDevice: [
    {
      label: "laptop",
      scope: "mail",
      senders: null,
      expires: null,
      key: asLoginKey(key),
      sealedKeys: sealed,
      wrappedKey: new Uint8Array(60),
      replaces: null,
    },
    "addDevice",
    "credentialsByAccount",
  ],
  saveRecovery: [{ recovery: null }, "replaceRecovery", "credentialsByAccount"],
  replaceSealedKeys: [
    { sealedKeys: sealed, devices: [] },
    "replaceSealedKeys",
    "credentialsByAccount",
  ],
  changePassword: [
    {
      parameters: { salt: new Uint8Array(16), ...passwordFloor },
      loginKey: asLoginKey(key),
      sealedKeys: sealed,
      devices: [],
    },
    "replacePassword",
    "credentialsByAccount",
  ],
});

for (const remoteAddress of ["192.0.2.7", "127.0.0.1"]) {
  Deno.test(`what an account changes from ${remoteAddress} is counted as it is meant to be`, async () => {
    const store = new CountingStore("mail.test");
    await using server = await startPipeServer({ store });
    const client = await RawClient.open(server.connect({ remoteAddress }));
    const ada = await registerOn(client, "ada");
    for (const [operation, [request, method, rate]] of Object.entries(cases(ada))) {
      store.counted = [];
      const done = await outcome(client.call(operation as OperationName, request as never));
      assert.equal(done, "ok", operation);
      const expected = remoteAddress === "127.0.0.1" ? [] : [[method, rate]];
      assert.deepEqual(store.counted, expected, operation);
    }
  });
}

for (const [address, rate] of [["192.0.2.7", "sendByAccount"], ["127.0.0.1", undefined]] as const) {
  Deno.test(`what a program sends by SMTP from ${address} is counted as it is meant to be`, async () => {
    const store = new CountingStore("mail.test");
    await using stage = await ReceptionStage.start({}, { store });
    const alice = await stage.join("alice");
    const program = await stage.connect({ address });
    await program.talk([
      [`AUTH PLAIN ${await stage.appPassword(alice)}`, "235"],
      ["MAIL FROM:<alice@mail.test>", "250"],
      ["RCPT TO:<alice@mail.test>", "250"],
      ["DATA", "354"],
      ["From: alice@mail.test\r\n\r\nx\r\n.", "250"],
    ]);
    assert.deepEqual(store.counted, [["receive", rate]]);
  });
}

Deno.test("no two rates are counted in one place", () => {
  const places = Object.values(rates).flatMap((rate) => "place" in rate ? [rate.place] : []);
  assert.equal(new Set(places).size, places.length);
  assert.deepEqual(
    Object.entries(rates).filter(([, rate]) => !("place" in rate)).map(([name]) => name)
      .filter((name) => name.endsWith("ByAccount") && !name.startsWith("login")),
    [],
  );
});
