/**
 * Somebody on the way shows a certificate of his own and hands the server's hello on, with keys that could be his: what
 * went in the first flight would rest on RSA alone, and be carried out before the client hears of it.
 */
import assert from "node:assert/strict";
import { findServer, noteServer } from "../../src/client/connection/known_servers.ts";
import { decodePem, makeCertificate, type TlsCertificate } from "../../src/crypto/certificate.ts";
import { formatFingerprint } from "../../src/crypto/fingerprint.ts";
import { asServerFingerprint } from "../../src/model/digests.ts";
import { dialUnknown } from "../../src/net/dial.ts";
import { type Authority, makeAuthority } from "../support/authority.ts";
import { makeKeyFolder, startServer } from "../support/server.ts";
import { TlsMiddle } from "../support/tls_middle.ts";

const child = new URL("../support/first_flight_child.ts", import.meta.url).pathname;
const host = "127.0.0.1";

interface Case {
  /** Whose certificate the server has: its own, or that of an authority. */
  readonly server: "own" | "authority";
  /** What is shown on the way: the server's, a self-made one, or one of the authority for this host or another. */
  readonly shown: "the server's" | "self-made" | "this host" | "other host";
  /** What is noted: the certificate, the key alone, or nothing (then the address names the key). */
  readonly known: "certificate" | "key" | "nothing";
  /** False: the system believes no authority. */
  readonly believes?: boolean;
  /** Another server was met before, in the same process. */
  readonly metBefore?: boolean;
  /** A variable that adds the authority to whatever the runtime believes. */
  readonly adds?: "NODE_EXTRA_CA_CERTS" | "DENO_CERT";
  readonly waits: boolean;
}

const interception: Case = {
  server: "own",
  shown: "this host",
  known: "certificate",
  waits: true,
};

const cases: readonly Case[] = [
  { server: "own", shown: "the server's", known: "certificate", waits: false },
  { server: "own", shown: "the server's", known: "certificate", metBefore: true, waits: false },
  { server: "own", shown: "the server's", known: "nothing", waits: true },
  { server: "own", shown: "the server's", known: "nothing", believes: false, waits: true },
  { server: "own", shown: "self-made", known: "certificate", waits: true },
  { server: "own", shown: "self-made", known: "nothing", waits: true },
  interception,
  { server: "own", shown: "this host", known: "certificate", metBefore: true, waits: true },
  { ...interception, adds: "NODE_EXTRA_CA_CERTS" },
  { ...interception, adds: "DENO_CERT" },
  { server: "authority", shown: "the server's", known: "key", waits: false },
  { server: "authority", shown: "the server's", known: "nothing", waits: false },
  { server: "authority", shown: "the server's", known: "key", believes: false, waits: true },
  { server: "authority", shown: "self-made", known: "key", waits: true },
  { server: "authority", shown: "other host", known: "key", waits: true },
];

function nameOf(
  { server, shown, known, believes = true, metBefore = false, adds, waits }: Case,
): string {
  return [
    `shown ${shown} for ${server}, ${known} noted`,
    believes ? "" : "no authority believed",
    metBefore ? "another server met before" : "",
    adds === undefined ? "" : `the authority in ${adds}`,
    waits ? "nothing goes before the proof" : "one flight",
  ].filter((part) => part !== "").join(", ");
}

/** The key folder of a server with its certificate. */
async function makeKeys(given: Case, authority: Authority): Promise<string> {
  const keys = await makeKeyFolder();
  if (given.server === "own") return keys;
  const { certificate, privateKey } = await authority.issue(host);
  await Deno.writeTextFile(`${keys}/tls.crt`, certificate);
  await Deno.writeTextFile(`${keys}/tls.key`, privateKey, { mode: 0o600 });
  return keys;
}

async function certificateIn(keys: string, { server }: Case): Promise<TlsCertificate> {
  if (server === "own") {
    const text = await Deno.readTextFile(`${keys}/self_signed.pem`);
    return { certificate: text, privateKey: text };
  }
  const [certificate, privateKey] = await Promise.all([
    Deno.readTextFile(`${keys}/tls.crt`),
    Deno.readTextFile(`${keys}/tls.key`),
  ]);
  return { certificate, privateKey };
}

function shownOf(given: Case, own: TlsCertificate, authority: Authority): Promise<TlsCertificate> {
  switch (given.shown) {
    case "the server's":
      return Promise.resolve(own);
    case "self-made":
      return makeCertificate({ hosts: [], addresses: [host] }, Date.now());
    case "this host":
      return authority.issue(host);
    case "other host":
      return authority.issue("other.test");
  }
}

for (const given of cases) {
  Deno.test(nameOf(given), async () => {
    const authority = await makeAuthority("believed");
    const folder = await Deno.makeTempDir({ prefix: "mailctl-test-" });
    const keys = await makeKeys(given, authority);
    const server = await startServer({ keys });
    const own = await certificateIn(keys, given);
    const dial = { host, port: server.port, timeoutMs: 10_000 };
    using middle = new TlsMiddle(
      await shownOf(given, own, authority),
      async () => (await dialUnknown(dial)).connection,
    );
    const port = await middle.listen();
    const address = `${host}:${port}`;
    const fingerprint = asServerFingerprint(server.ready.fingerprint);
    if (given.known !== "nothing") {
      const der = decodePem("CERTIFICATE", own.certificate);
      const certificate = given.known === "certificate" ? der : null;
      await noteServer(folder, { address, fingerprint, certificate });
    }
    await Deno.writeTextFile(
      `${folder}/store`,
      given.believes ?? true ? authority.certificate : "",
    );

    const named = given.known === "nothing" ? formatFingerprint(fingerprint) : "";
    const before = given.metBefore ? String(server.port) : "";
    const { NODE_EXTRA_CA_CERTS: _extra, DENO_CERT: _cert, ...env } = Deno.env.toObject();
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-check", child, folder, String(port), named, before],
      clearEnv: true,
      env: {
        ...env,
        SSL_CERT_FILE: `${folder}/store`,
        SSL_CERT_DIR: `${folder}/none`,
        ...(given.adds && { [given.adds]: `${folder}/store` }),
      },
    }).output();

    const ended = new TextDecoder().decode(stdout);
    const isRight = given.shown === "the server's";
    assert.equal(ended, isRight ? "ok" : "server_key_changed", new TextDecoder().decode(stderr));
    const agreeing = ["exchange", "confirm"];
    assert.deepEqual(middle.firstFlight, given.waits ? agreeing : [...agreeing, "request"]);
    assert.deepEqual(middle.frames, isRight ? [...agreeing, "request"] : agreeing);
    const noted = (await findServer(folder, address))?.certificate ?? null;
    assert.equal(noted !== null, given.server === "own" && (isRight || given.known !== "nothing"));
    await server.stop();
    for (const each of [keys, folder]) await Deno.remove(each, { recursive: true });
  });
}
