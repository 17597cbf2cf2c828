/** The file of known servers: one line each, the last word for an address counts, damage is never overlooked. */
import assert from "node:assert/strict";
import {
  findServer,
  noteServer,
  sameServer,
} from "../../../../src/client/connection/known_servers.ts";
import type { KnownServer } from "../../../../src/client/connection/known_servers.ts";
import { asServerFingerprint } from "../../../../src/model/digests.ts";
import { inFolder } from "../../../support/temporary_folder.ts";

const fingerprint = asServerFingerprint(new Uint8Array(32).fill(0xab));
const certificate = new Uint8Array([0x30, 0x82, 1, 2, 3]);
const home: KnownServer = { address: "mail.example.org:4465", fingerprint, certificate: null };
const office: KnownServer = { address: "[::1]:4465", fingerprint, certificate };

function withState(test: (folder: string, path: string) => Promise<void>): Promise<void> {
  return inFolder((folder) => test(folder, `${folder}/known_servers`));
}

Deno.test("nobody is known at first", () =>
  withState(async (folder) => assert.equal(await findServer(folder, home.address), null)));

Deno.test("servers are found by their whole address", () =>
  withState(async (folder) => {
    await noteServer(folder, home);
    await noteServer(folder, office);
    assert.deepEqual(await findServer(folder, home.address), home);
    assert.deepEqual(await findServer(folder, office.address), office);
    for (const other of ["mail.example.org", "mail.example.org:446", "", "::1", "[::1]"]) {
      assert.equal(await findServer(folder, other), null);
    }
  }));

Deno.test("a server noted again takes its old place, and the others stay", () =>
  withState(async (folder, path) => {
    await noteServer(folder, home);
    await noteServer(folder, office);
    const newer = { ...home, fingerprint: asServerFingerprint(new Uint8Array(32)), certificate };
    await noteServer(folder, newer);
    assert.deepEqual(await findServer(folder, home.address), newer);
    assert.deepEqual(await findServer(folder, office.address), office);
    assert.equal((await Deno.readTextFile(path)).trimEnd().split("\n").length, 2);
  }));

Deno.test("the file is lines that a person can read and edit", () =>
  withState(async (folder, path) => {
    await noteServer(folder, home);
    await noteServer(folder, office);
    const hex = "ab".repeat(32);
    const written = `mail.example.org:4465 ${hex}\n[::1]:4465 ${hex} MIIBAgM=\n`;
    assert.equal(await Deno.readTextFile(path), written);
    const edited = `# mine\n\n${written.toUpperCase().replace(/MAIL\S*/, home.address)}`;
    await Deno.writeTextFile(path, edited.split("\n").slice(0, 3).join("\n"));
    assert.deepEqual(await findServer(folder, home.address), home);
  }));

const hex = "ab".repeat(32);
const damaged: readonly [name: string, line: string][] = [
  ["an address alone", "host:1"],
  ["a fingerprint cut short", `host:1 ${hex.slice(2)}`],
  ["a fingerprint that is none", `host:1 ${"x".repeat(64)}`],
  ["a certificate that is no base64", `host:1 ${hex} *`],
  ["two blanks", `host:1  ${hex}`],
  ["garbage", "\0\x01\x02"],
];

for (const [name, line] of damaged) {
  Deno.test(`a damaged line stops reading and writing, and is not written over: ${name}`, () =>
    withState(async (folder, path) => {
      await noteServer(folder, home);
      const text = `${await Deno.readTextFile(path)}${line}\n`;
      await Deno.writeTextFile(path, text);
      const refused = {
        name: "MailError",
        code: "configuration",
        message: /line 2 of .*known_servers: it is damaged/,
      };
      await assert.rejects(findServer(folder, home.address), refused);
      await assert.rejects(noteServer(folder, office), refused);
      assert.equal(await Deno.readTextFile(path), text);
    }));
}

Deno.test("a file that others may write is not believed", () =>
  withState(async (folder, path) => {
    await noteServer(folder, home);
    await Deno.chmod(path, 0o620);
    await assert.rejects(findServer(folder, home.address), { code: "configuration" });
  }));

const pairs: readonly [name: string, a: KnownServer | null, b: KnownServer, same: boolean][] = [
  ["the same", home, { ...home }, true],
  ["the same with a certificate", office, { ...office, certificate: certificate.slice() }, true],
  ["not known", null, home, false],
  ["another key", home, { ...home, fingerprint: asServerFingerprint(new Uint8Array(32)) }, false],
  ["another certificate", office, { ...office, certificate: new Uint8Array(5) }, false],
  ["a certificate now", home, { ...home, certificate }, false],
  ["no certificate any more", office, { ...office, certificate: null }, false],
];

for (const [name, a, b, same] of pairs) {
  Deno.test(`what is known of a server is compared: ${name}`, () => {
    assert.equal(sameServer(a, b), same);
  });
}
