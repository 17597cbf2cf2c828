import assert from "node:assert/strict";
import { createPrivateKey } from "node:crypto";
import { isFailure, MailError } from "../../../../src/model/errors.ts";
import {
  certificateServes,
  makeCertificate,
  type TlsCertificate,
} from "../../../../src/crypto/certificate.ts";
import { leadsTo } from "../../../../src/crypto/session/server_succession.ts";
import { encryptRsa } from "../../../../src/crypto/session/key_agreement.ts";
import { certificateNames, openIdentity } from "../../../../src/server/key/identity.ts";
import { KeyFolder } from "../../../../src/server/key/key_folder.ts";
import { adoptSuccessor, makeSuccessor } from "../../../../src/server/key/key_rotation.ts";
import { keyFile, readKey } from "../../../../src/server/key/server_key.ts";
import { type KeyAlgorithmName, makeAuthority } from "../../../support/authority.ts";
import { makePairQuickly } from "../../../support/quick_rsa.ts";
import { makeKeyFolder } from "../../../support/server.ts";

const names = certificateNames("mail.test", "192.0.2.1");

/** The RSA keys that servers made here: the first truly, which takes two thirds of a second. */
const made: Promise<CryptoKeyPair>[] = [];

/** Has servers take the keys that were made here, in turn, before they make more. */
function reuseKeys(): Disposable {
  const { generateKey } = SubtleCrypto.prototype;
  let next = 0;
  const give = (...args: Parameters<typeof generateKey>) => {
    const make = () => generateKey.apply(crypto.subtle, args);
    const [{ name }] = args as unknown as [Algorithm];
    if (name !== "RSA-OAEP") return make();
    const at = next++;
    return made[at] ??= at === 0 ? make() as Promise<CryptoKeyPair> : makePairQuickly(name);
  };
  Object.defineProperty(crypto.subtle, "generateKey", { configurable: true, value: give });
  const uncover = () => void Reflect.deleteProperty(crypto.subtle, "generateKey");
  return { [Symbol.dispose]: uncover };
}

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  using _ = reuseKeys();
  const folder = await Deno.makeTempDir({ prefix: "mailctl-test-" });
  try {
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const open = (folder: string, now = Date.now()) => openIdentity({ folder, names, now });
const rotate = (folder: string) =>
  openIdentity({ folder, names, now: Date.now(), rotateKey: true });

Deno.test("a file that another server takes for a killed one's is written once more", () =>
  inFolder(async (parent) => {
    const folder = `${parent}/keys`;
    const { open: openFile } = Deno;
    const taken = new Set<string>();
    Deno.open = async (path, options) => {
      const file = await openFile(path, options);
      const [name = ""] = /\w+\.\w+(?=\.[0-9a-f]{16}\.new$)/.exec(`${path}`) ?? [];
      if (name !== "" && !taken.has(name)) await Deno.remove(path);
      taken.add(name);
      return file;
    };
    try {
      const { fingerprint } = await open(folder);
      assert.deepEqual((await open(folder)).fingerprint, fingerprint);
    } finally {
      Deno.open = openFile;
    }
    const names = ["self_signed.crt", "self_signed.pem", "server.key"];
    assert.deepEqual([...taken].filter(Boolean).sort(), names);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), names);
  }));

Deno.test("a change of the key that failed at its last step is not in the way of the next", () =>
  inFolder(async (folder) => {
    const { fingerprint } = await open(folder);
    const keys = await KeyFolder.open(folder);
    const retiring = (await readKey(keys, keyFile))!;
    const { rename } = Deno;
    Deno.rename = async (from, to) => {
      if (`${to}`.endsWith(keyFile) && `${from}`.includes("next")) {
        throw new Error("the disk failed");
      }
      await rename(from, to);
    };
    try {
      const failing = adoptSuccessor(keys, await makeSuccessor(retiring, 1));
      await assert.rejects(failing, { code: "configuration" });
    } finally {
      Deno.rename = rename;
    }
    const successor = await makeSuccessor(retiring, 2);
    await adoptSuccessor(keys, successor);
    const after = await open(folder);
    assert.deepEqual(after.fingerprint, successor.step.successor);
    assert.ok(await leadsTo(after.successions, fingerprint, after.fingerprint));
  }));

Deno.test("two servers that start at once on a new folder are one server", () =>
  inFolder(async (parent) => {
    const folder = `${parent}/new/keys`;
    const [one, other] = await Promise.all([open(folder), open(folder)]);
    assert.deepEqual(one.fingerprint, other.fingerprint);
    assert.deepEqual(one.certificateDigest, other.certificateDigest);
    assert.equal((await Deno.stat(folder)).mode! & 0o777, 0o700);
    const files = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.deepEqual(files, ["self_signed.crt", "self_signed.pem", "server.key"]);
    for (const name of files) {
      assert.equal((await Deno.stat(`${folder}/${name}`)).mode! & 0o777, 0o600);
    }
    const sealed = await encryptRsa(one.key.spki, new Uint8Array([1, 2, 3]));
    assert.deepEqual(await other.key.decrypt(sealed), new Uint8Array([1, 2, 3]));
    assert.equal(await other.key.decrypt(new Uint8Array(384)), null);
  }));

Deno.test("modes that let others read are refused, naming mode and path", async () => {
  const folder = await makeKeyFolder();
  const refused = (part: string) => (error: unknown) =>
    isFailure(error, "configuration") && error.message.includes(part);
  await Deno.chmod(folder, 0o755);
  await assert.rejects(open(folder), refused(`${folder}: other users can access it (mode 0755)`));
  await Deno.chmod(folder, 0o700);
  await Deno.chmod(`${folder}/server.key`, 0o640);
  await assert.rejects(
    open(folder),
    refused(`${folder}/server.key: other users can access it (mode 0640)`),
  );
  await Deno.chmod(`${folder}/server.key`, 0o600);
  await Deno.writeTextFile(`${folder}/server.key`, "nonsense");
  await assert.rejects(open(folder), refused("server.key"));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("the file to hand out holds the certificate alone, the one that is shown now", () =>
  inFolder(async (folder) => {
    const path = `${folder}/self_signed.crt`;
    const shown = await open(folder);
    assert.equal(await Deno.readTextFile(path), shown.tls.certificate);
    assert.doesNotMatch(shown.tls.certificate, /PRIVATE/);
    await Deno.writeTextFile(path, "of another day");
    await open(folder);
    assert.equal(await Deno.readTextFile(path), shown.tls.certificate);
    const later = Date.now() + 20 * 365 * 86_400_000;
    const renewed = await openIdentity({ folder, names, now: later });
    assert.notEqual(renewed.tls.certificate, shown.tls.certificate);
    assert.equal(await Deno.readTextFile(path), renewed.tls.certificate);
  }));

Deno.test("a start by a wrong clock takes away no certificate that devices trust, and the log tells", () =>
  inFolder(async (folder) => {
    const lines: unknown[] = [];
    const warning = (...line: unknown[]) => lines.push(line);
    const log = { info: assert.fail, warning, error: assert.fail };
    const years = (count: number) => Date.now() + count * 365 * 86_400_000;
    const shownAt = async (now: number) =>
      (await openIdentity({ folder, names, now, log })).tls.certificate;
    const trusted = await shownAt(years(0));
    for (const wrong of [20, -20, 20, 30, -30, -1, -8]) {
      assert.notEqual(await shownAt(years(wrong)), trusted);
      assert.equal(await shownAt(years(0)), trusted);
    }
    assert.equal(lines.length, 14);
    assert.deepEqual(lines[0], ["certificate replaced", { file: `${folder}/self_signed.crt` }]);
    assert.equal(await shownAt(Date.now() - 86_400_000), trusted);
    assert.equal(lines.length, 14);
    const blocks = (await Deno.readTextFile(`${folder}/self_signed.pem`)).match(/BEGIN/g)!;
    assert.equal(blocks.length, 2 * 4);
  }));

Deno.test("a key folder that cannot be written serves all the same", () =>
  inFolder(async (folder) => {
    const shown = await open(folder);
    await Deno.remove(`${folder}/self_signed.crt`);
    await Deno.mkdir(`${folder}/self_signed.crt/in-the-way`, { recursive: true });
    assert.deepEqual((await open(folder)).tls, shown.tls);
  }));

Deno.test("a key that retires leads to the next, also over several", () =>
  inFolder(async (folder) => {
    const [first, second, third] = [
      await open(folder),
      await rotate(folder),
      await rotate(folder),
    ];
    assert.equal(third.successions.length, 2);
    for (const known of [first, second, third]) {
      assert.ok(await leadsTo(third.successions, known.fingerprint, third.fingerprint));
    }
    assert.ok(!await leadsTo(third.successions, third.fingerprint, first.fingerprint));
    const sealed = await encryptRsa(third.key.spki, new Uint8Array([1]));
    assert.deepEqual(await third.key.decrypt(sealed), new Uint8Array([1]));
    assert.deepEqual((await open(folder)).successions, third.successions);
    const files = [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
    assert.deepEqual(files, [
      "self_signed.crt",
      "self_signed.pem",
      "server.key",
      "successions.json",
    ]);
  }));

Deno.test("a rotation that was cut short is undone before it was signed, and finished after", () =>
  inFolder(async (folder) => {
    const first = await open(folder);
    const before = await Deno.readTextFile(`${folder}/server.key`);
    const second = await rotate(folder);
    const after = await Deno.readTextFile(`${folder}/server.key`);
    const statements = await Deno.readTextFile(`${folder}/successions.json`);
    const interrupted = async (signed: boolean) => {
      await Deno.writeTextFile(`${folder}/server.key`, before);
      await Deno.writeTextFile(`${folder}/server.next.key`, after, { mode: 0o600 });
      await Deno.writeTextFile(`${folder}/successions.json`, signed ? statements : "[]");
      return await open(folder);
    };
    assert.deepEqual((await interrupted(false)).fingerprint, first.fingerprint);
    assert.deepEqual((await interrupted(true)).fingerprint, second.fingerprint);
    await assert.rejects(Deno.stat(`${folder}/server.next.key`), Deno.errors.NotFound);
  }));

Deno.test("statements that are damaged are told, not passed over", () =>
  inFolder(async (folder) => {
    await rotate(folder);
    await Deno.writeTextFile(`${folder}/successions.json`, '[{"serverKey":1}]');
    await assert.rejects(open(folder), { code: "configuration", message: /successions.json/ });
  }));

Deno.test("a certificate of ours is renewed in time; an operator's is taken as it is", async () => {
  const folder = await makeKeyFolder();
  const first = await open(folder);
  assert.deepEqual((await open(folder)).certificateDigest, first.certificateDigest);
  const later = Date.now() + 3_600 * 24 * 3600 * 1000;
  const renewed = await open(folder, later);
  assert.notDeepEqual(renewed.certificateDigest, first.certificateDigest);
  assert.deepEqual(renewed.fingerprint, first.fingerprint);

  const theirs = await makeCertificate({ hosts: ["mail.example"], addresses: [] }, Date.now());
  await Deno.writeTextFile(`${folder}/tls.crt`, theirs.certificate);
  await assert.rejects(open(folder), MailError);
  await Deno.writeTextFile(`${folder}/tls.key`, theirs.privateKey, { mode: 0o600 });
  assert.equal((await open(folder, later)).tls.certificate, theirs.certificate);
  await Deno.remove(folder, { recursive: true });
});

const p256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const rsaOf = (modulusLength: number) => ({
  name: "RSASSA-PKCS1-v1_5",
  modulusLength,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: "SHA-256",
});

/** A pair as operators have it, the key in the form that is named. */
async function pairOf(
  algorithm: KeyAlgorithmName,
  type: "pkcs8" | "pkcs1" | "sec1" = "pkcs8",
  passphrase?: string,
): Promise<TlsCertificate> {
  const authority = await makeAuthority("x");
  return inForm(await authority.issue("mail.example", algorithm), type, passphrase);
}

function inForm(
  { certificate, privateKey }: TlsCertificate,
  type: "pkcs8" | "pkcs1" | "sec1",
  passphrase?: string,
): TlsCertificate {
  const cipher = passphrase === undefined ? {} : { cipher: "aes-128-cbc", passphrase };
  const key = createPrivateKey(privateKey).export({ format: "pem", type, ...cipher });
  return { certificate, privateKey: String(key) };
}

const ec = await pairOf(p256);
const rsa = await pairOf(rsaOf(2048));
const pairs: readonly [name: string, pair: TlsCertificate, refused: RegExp | null][] = [
  ["ECDSA P-256, PKCS #8", ec, null],
  ["ECDSA P-256, SEC 1", await pairOf(p256, "sec1"), null],
  ["ECDSA P-384", await pairOf({ ...p256, namedCurve: "P-384" }), null],
  ["RSA 2048, PKCS #8", rsa, null],
  ["RSA 2048, PKCS #1", inForm(rsa, "pkcs1"), null],
  ["Ed25519", await pairOf({ name: "Ed25519" }), null],
  ["a chain", { ...ec, certificate: ec.certificate + (await pairOf(p256)).certificate }, null],
  ["a chain in wrong order", {
    ...ec,
    certificate: (await pairOf(p256)).certificate + ec.certificate,
  }, /tls\.key is not the key of tls\.crt/],
  ["another ECDSA key", { ...ec, privateKey: (await pairOf(p256)).privateKey }, /is not the key/],
  ["a key of another kind", { ...ec, privateKey: rsa.privateKey }, /is not the key/],
  ["RSA 1024", await pairOf(rsaOf(1024)), /of a kind/],
  ["encrypted, PKCS #8", await pairOf(p256, "pkcs8", "secret"), /tls\.key has a passphrase/],
  ["encrypted, SEC 1", await pairOf(p256, "sec1", "secret"), /tls\.key has a passphrase/],
  ["encrypted, PKCS #1", inForm(rsa, "pkcs1", "secret"), /has a passphrase/],
  ["an empty key", { ...ec, privateKey: "" }, /holds no private key/],
  ["a certificate as key", { ...ec, privateKey: ec.certificate }, /holds no private key/],
  ["a key cut short", { ...ec, privateKey: ec.privateKey.slice(0, 100) }, /holds no private key/],
  ["an empty certificate", { ...ec, certificate: "" }, /tls\.crt holds no certificate/],
  ["a key as certificate", { ...ec, certificate: ec.privateKey }, /holds no certificate/],
];

for (const [name, pair, refused] of pairs) {
  Deno.test(`an operator's certificate with its key: ${name}`, async () => {
    const folder = await makeKeyFolder();
    await Deno.writeTextFile(`${folder}/tls.crt`, pair.certificate);
    await Deno.writeTextFile(`${folder}/tls.key`, pair.privateKey, { mode: 0o600 });
    if (refused === null) assert.equal((await open(folder)).tls.certificate, pair.certificate);
    else await assert.rejects(open(folder), { code: "configuration", message: refused });
    await Deno.remove(folder, { recursive: true });
  });
}

Deno.test("a certificate of ours bears every name it is asked for", async () => {
  const { certificate } = await makeCertificate(names, Date.now());
  assert.ok(await certificateServes(certificate, names, Date.now()));
  const more = certificateNames("other.test", "192.0.2.1");
  assert.ok(!await certificateServes(certificate, more, Date.now()));
});

Deno.test("whoever is late with a key that a folder has gone on from changes nothing of what leads to it", () =>
  inFolder(async (parent) => {
    const folder = `${parent}/keys`;
    const first = await open(folder);
    const keys = await KeyFolder.open(folder);
    const current = async () => (await readKey(keys, keyFile))!;
    const next = await makeSuccessor(await current(), 1);
    const rival = await makeSuccessor(await current(), 2);
    await adoptSuccessor(keys, next);
    await adoptSuccessor(keys, rival); // of a process that rotated at the same time
    await adoptSuccessor(keys, await makeSuccessor(await current(), 3));
    await adoptSuccessor(keys, next); // of one that lags
    const { fingerprint, successions } = await open(folder);
    assert.equal(successions.length, 2);
    assert.ok(await leadsTo(successions, first.fingerprint, fingerprint));
  }));
