/** The key exchange: who said exactly the same has the same keys, and nobody else has. WIRE 3. */
import assert from "node:assert/strict";
import { FrameOpener, FrameSealer } from "../../../../src/crypto/session/frame_cipher.ts";
import {
  beginHandshake,
  readHello,
  type SessionKeys,
} from "../../../../src/crypto/session/handshake.ts";
import { makeTicket, type Ticket, ticketSecrets } from "../../../../src/crypto/session/ticket.ts";
import { type Bytes, concatBytes, plain, utf8 } from "../../../../src/model/bytes.ts";
import { FrameDecoder } from "../../../../src/wire/frame.ts";
import { makePairQuickly } from "../../../support/quick_rsa.ts";

const key = await makePairQuickly("RSA-OAEP");
const spki = new Uint8Array(await crypto.subtle.exportKey("spki", key.publicKey));
const decrypt = async (ciphertext: Uint8Array): Promise<Uint8Array | null> => {
  const opened = crypto.subtle.decrypt("RSA-OAEP", key.privateKey, plain(ciphertext));
  return await opened.then((secret) => new Uint8Array(secret), () => null);
};

const ticketSecret = await ticketSecrets(utf8("private key"));

/** All encodings of points of small order, also those above the prime and with the unused bit set. */
const smallOrder = [
  "00".repeat(32),
  `01${"00".repeat(31)}`,
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  `ec${"ff".repeat(30)}7f`,
  `ed${"ff".repeat(30)}7f`,
  `ee${"ff".repeat(30)}7f`,
].flatMap((hex) => {
  const point = Uint8Array.fromHex(hex);
  const withBit = point.with(31, point[31]! | 0x80);
  return [point, withBit];
});

/** Where the fields of the hello and of the exchange begin, for a server key of this size. */
const helloAt = { least: 1, most: 3, spki: 8, random: 8 + spki.length, x25519: 40 + spki.length };
const helloMlKem = 72 + spki.length;
const exchangeAt = { random: 2, x25519: 34, mlKem: 66, rsa: 1160 };

function flipped(bytes: Uint8Array, at: number): Bytes {
  return plain(bytes.with(at, bytes[at]! ^ 1));
}

function replaced(bytes: Uint8Array, at: number, by: Uint8Array): Bytes {
  return concatBytes([bytes.subarray(0, at), by, bytes.subarray(at + by.length)]);
}

/** Agrees, with what each side said changed on its way to the other. */
async function agree(
  changeHello = (hello: Bytes) => hello,
  changeExchange = (exchange: Bytes) => exchange,
  serverDecrypt: typeof decrypt = decrypt,
): Promise<Sides> {
  const server = await beginHandshake({ spki, decrypt: serverDecrypt, ticketSecret });
  const { payload, keys } = await (await readHello(changeHello(server.hello))).answer();
  return { client: keys, server: await server.finish(changeExchange(payload)) };
}

interface Sides {
  readonly client: SessionKeys;
  readonly server: SessionKeys;
}

/** Seals at one side and opens at the other. */
async function pass({ client, server }: Sides, direction: "toServer" | "toClient") {
  const [from, to] = direction === "toServer" ? [client, server] : [server, client];
  const sealer = new FrameSealer(from[direction], direction);
  const decoder = new FrameDecoder(100);
  decoder.push(await sealer.seal({ kind: "data", payload: utf8("hi") }));
  return await new FrameOpener(to[direction], direction).open(decoder.next()!);
}

async function assertTogether(keys: Sides) {
  assert.deepEqual((await pass(keys, "toServer")).payload, utf8("hi"));
  assert.deepEqual((await pass(keys, "toClient")).payload, utf8("hi"));
}

/** Nothing opens in either direction, and no failure tells more than another. */
async function assertApart(keys: Sides) {
  const message = "Cannot continue the session: a frame cannot be decrypted";
  const says = { code: "protocol", message };
  await assert.rejects(pass(keys, "toServer"), says);
  await assert.rejects(pass(keys, "toClient"), says);
}

Deno.test("both sides of an undisturbed exchange have the same keys, others every time", async () => {
  const first = await agree();
  await assertTogether(first);
  assert.deepEqual(first.client.transcript, first.server.transcript);
  const second = await agree();
  assert.notDeepEqual(first.client.transcript, second.client.transcript);
  await assertApart({ client: first.client, server: second.server });
});

Deno.test("the two directions have different keys, and none can be taken out", async () => {
  const { client } = await agree();
  assert.deepEqual([client.toServer.extractable, client.toClient.extractable], [false, false]);
  const mixed = { ...client, toServer: client.toClient, toClient: client.toServer };
  await assertApart({ client, server: mixed });
});

const { spki: _, ...helloFields } = helloAt;
for (const [field, at] of Object.entries({ ...helloFields, mlKem: helloMlKem })) {
  Deno.test(`a hello changed on its way gives no common keys: ${field}`, async () => {
    const keys = await agree((hello) => flipped(hello, at)).catch((error) => {
      assert.equal(error.code, "protocol"); // some bytes make no key at all
      return null;
    });
    if (keys !== null) await assertApart(keys);
  });
}

Deno.test("a hello with another server key has another fingerprint", async () => {
  const { hello } = await beginHandshake({ spki, decrypt, ticketSecret });
  const { fingerprint } = await readHello(hello);
  const other = await readHello(flipped(hello, helloAt.spki + spki.length - 1));
  assert.notDeepEqual(other.fingerprint, fingerprint);
});

for (const [field, at] of Object.entries({ ...exchangeAt, last: exchangeAt.rsa + 383 })) {
  Deno.test(`an exchange changed on its way gives no common keys: ${field}`, async () => {
    await assertApart(await agree(undefined, (exchange) => flipped(exchange, at)));
  });
}

Deno.test("an exchange in a version that the server does not speak is refused", async () => {
  for (const version of [0, 1, 3, 255]) {
    const change = (exchange: Bytes) => replaced(exchange, 0, new Uint8Array([0, version]));
    await assert.rejects(agree(undefined, change), { name: "MailError", code: "protocol" });
  }
});

const wrongSecrets: readonly [name: string, decrypt: () => Promise<Uint8Array | null>][] = [
  ["cannot be decrypted", () => Promise.resolve(null)],
  ["is too short", () => Promise.resolve(new Uint8Array(31))],
  ["is too long", () => Promise.resolve(new Uint8Array(33))],
  ["makes the key fail", () => Promise.reject(new Error("hardware"))],
];

for (const [name, wrongDecrypt] of wrongSecrets) {
  Deno.test(`the server goes on with keys that nobody has where the RSA secret ${name}`, async () => {
    await assertApart(await agree(undefined, undefined, wrongDecrypt));
  });
}

Deno.test("an RSA ciphertext of any length ends in keys that nobody has", async () => {
  for (const length of [0, 1, 255, 257, 1024]) {
    const size = new Uint8Array(4);
    new DataView(size.buffer).setUint32(0, length);
    const change = (exchange: Bytes) =>
      plain(
        new Uint8Array([...exchange.slice(0, 1156), ...size, ...new Uint8Array(length).fill(9)]),
      );
    await assertApart(await agree(undefined, change));
  }
});

Deno.test("a point of small order gives the server's peer nothing, and a client stops at it", async () => {
  for (const point of smallOrder) {
    await assertApart(await agree(undefined, (bytes) => replaced(bytes, exchangeAt.x25519, point)));
    const hostile = agree((bytes) => replaced(bytes, helloAt.x25519, point));
    await assert.rejects(hostile, { name: "MailError", code: "protocol" }, point.toHex());
  }
});

Deno.test("ML-KEM garbage gives no common keys", async () => {
  for (const fill of [0, 0xff]) {
    const garbage = new Uint8Array(1088).fill(fill);
    await assertApart(
      await agree(undefined, (bytes) => replaced(bytes, exchangeAt.mlKem, garbage)),
    );
  }
  const noKey = new Uint8Array(1184).fill(0xff); // coefficients above the modulus: FIPS 203 7.2
  const hostile = agree((hello) => replaced(hello, helloMlKem, noKey));
  await assert.rejects(hostile, { name: "MailError", code: "protocol" });
});

Deno.test("a server key that is none is the peer's failure, not ours", async () => {
  const { hello } = await beginHandshake({ spki: utf8("no key"), decrypt, ticketSecret });
  const answer = (await readHello(hello)).answer();
  await assert.rejects(answer, { name: "MailError", code: "protocol" });
});

Deno.test("an exchange of another session is of no use", async () => {
  const other = await beginHandshake({ spki, decrypt, ticketSecret });
  const { payload } = await (await readHello(other.hello)).answer();
  await assertApart(await agree(undefined, () => payload));
});

Deno.test("a hello or exchange that was cut, or goes on, is refused", async () => {
  const server = await beginHandshake({ spki, decrypt, ticketSecret });
  const { payload } = await (await readHello(server.hello)).answer();
  for (const end of [0, 1, 33, 100, 1154, 1155, 1159, payload.length - 1]) {
    await assert.rejects(server.finish(payload.slice(0, end)), { code: "protocol" });
    await assert.rejects(readHello(plain(server.hello.slice(0, end))), { code: "protocol" });
  }
  await assert.rejects(server.finish(concatBytes([payload, utf8("x")])), { code: "protocol" });
});

/** Agrees by a ticket, at a server whose RSA is not to be asked. */
async function agreeByTicket(ticket: Ticket, change = (exchange: Bytes) => exchange) {
  const decrypt = () => Promise.reject(new Error("RSA was used"));
  const server = await beginHandshake({ spki, decrypt, ticketSecret });
  const { payload, keys } = await (await readHello(server.hello)).answer(ticket);
  return { client: keys, server: await server.finish(change(payload)) };
}

Deno.test("a ticket takes the place of RSA, as often as it is used", async () => {
  const ticket = await makeTicket(ticketSecret);
  const first = await agreeByTicket(ticket);
  await assertTogether(first);
  const second = await agreeByTicket(ticket);
  await assertTogether(second);
  await assertApart({ client: first.client, server: second.server });
});

const noServer = await ticketSecrets(utf8("another private key"));
const wrongTickets: readonly [name: string, ticket: (own: Ticket) => Ticket | Promise<Ticket>][] = [
  ["of another server", () => makeTicket(noServer)],
  ["with another id", ({ id, secret }) => ({ id: id.with(0, id[0]! ^ 1), secret })],
  ["with another secret", ({ id, secret }) => ({ id, secret: secret.with(31, secret[31]! ^ 1) })],
];
for (const [name, wrong] of wrongTickets) {
  Deno.test(`a ticket gives no common keys: ${name}`, async () => {
    await assertApart(await agreeByTicket(await wrong(await makeTicket(ticketSecret))));
  });
}

const ticketAt = 1154;
const noProof = (exchange: Bytes) => concatBytes([exchange.subarray(0, ticketAt), noneOfBoth]);
const twoProofs = (exchange: Bytes) =>
  concatBytes([exchange.subarray(0, exchange.length - 1), new Uint8Array([1, 0, 0, 0, 1, 7])]);
const noneOfBoth = new Uint8Array(2);
for (const [name, change] of Object.entries({ noProof, twoProofs })) {
  Deno.test(`an exchange is by RSA or by a ticket: ${name} is refused`, async () => {
    const agreeing = agreeByTicket(await makeTicket(ticketSecret), change);
    await assert.rejects(agreeing, { name: "MailError", code: "protocol" });
  });
}
