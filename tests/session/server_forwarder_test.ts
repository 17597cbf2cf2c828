/** A server behind a forwarder: whose address counts on each of its listeners, and what is closed without an answer. */
import assert from "node:assert/strict";
import { utf8 } from "../../src/model/bytes.ts";
import { dialKnown } from "../../src/net/dial.ts";
import { ForwardedSockets } from "../../src/net/forwarding.ts";
import { parseIpPrefix } from "../../src/net/ip_address.ts";
import { askLocal } from "../../src/net/local_socket.ts";
import type { ByteSocket } from "../../src/net/byte_socket.ts";
import { TcpConnection } from "../../src/net/tcp_connection.ts";
import { adminSocket } from "../../src/server/admin/requests.ts";
import { makeAccount } from "../support/account.ts";
import {
  dialWith,
  insideTls,
  listeners,
  readRest,
  startWithListeners,
} from "../support/forwarded.ts";
import { MailProgram } from "../support/mail_program.ts";
import { binaryHeaderFor, lineHeaderFor, localHeader } from "../support/proxy_header.ts";
import { outcome, RawClient } from "../support/raw_client.ts";
import type { TlsServer } from "../support/server.ts";

const forwarders = [parseIpPrefix("127.0.0.0/8")!];

type Options = Partial<Parameters<typeof startWithListeners>[0]>;

function start(options: Options = {}): Promise<TlsServer> {
  return startWithListeners({ forwarders, ...options });
}

/** Value of a counter. */
async function counted(server: TlsServer, name: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${server.ready.metricsPort}/metrics`);
  return Number(new RegExp(`^mailctl_${name} (\\d+)$`, "m").exec(await response.text())![1]);
}

async function clientOver(socket: Deno.TcpConn): Promise<RawClient> {
  return await RawClient.open(await insideTls(socket));
}

const headers = { "version 1": lineHeaderFor, "version 2": binaryHeaderFor };

for (const [version, headerFor] of Object.entries(headers)) {
  Deno.test(`${version}: the client's address counts for clients`, async () => {
    await using server = await start({ registration: "open" });
    for (const address of ["203.0.113.7", "2001:db8::7", "127.0.0.1", "::1"]) {
      const client = await clientOver(await dialWith(server, "mailctl", headerFor(address)));
      const name = `a${address.replaceAll(/[.:]/g, "")}`;
      await client.call("register", (await makeAccount(name)).registration);
      client.close();
      const line = server.lines.find(({ account }) => account === name)!;
      const isOwn = address === "127.0.0.1" || address === "::1";
      assert.equal(line["address"], `${address}${isOwn ? "%forwarded" : ""}`);
    }
  });

  Deno.test(`${version}: the client's address counts for mail, in the clear and over TLS`, async () => {
    await using server = await start();
    const plain = new MailProgram(
      new TcpConnection(await dialWith(server, "smtp", headerFor("127.0.0.1"))),
    );
    assert.match((await plain.reply())!, /^220 /);
    await plain.talk([["EHLO client.test", "250"], ["MAIL FROM:<a@world.test>", "530 5.7.0"]]);
    plain.close();
    const socket = await dialWith(server, "smtps", headerFor("203.0.113.7"));
    const program = new MailProgram(await insideTls(socket));
    assert.match((await program.reply())!, /^220 /);
    await program.talk([["EHLO client.test", "250"]]);
    assert.match((await program.ask(`AUTH PLAIN ${btoa("\0nobody\0wrong")}`))!, /^535 /);
    program.close();
    const refused = server.lines.find(({ event }) => event === "login refused")!;
    assert.equal(refused["address"], "203.0.113.7");
  });
}

Deno.test("limits of an address are those of the client behind the forwarder", async () => {
  await using server = await start({ limits: { maxConnectionsPerAddress: 1 } });
  const [first, other, local] = [
    await clientOver(await dialWith(server, "mailctl", binaryHeaderFor("203.0.113.7"))),
    await clientOver(await dialWith(server, "mailctl", binaryHeaderFor("203.0.113.8"))),
    await clientOver(await dialWith(server, "mailctl", binaryHeaderFor("127.0.0.1"))),
  ];
  for (const address of ["203.0.113.7", "127.0.0.1"]) {
    const second = await dialWith(server, "mailctl", binaryHeaderFor(address));
    await clientOver(second).then((client) => client.call("ping", {})); // the one before makes room
  }
  await assert.rejects(first.call("ping", {}));
  await assert.rejects(local.call("ping", {}));
  assert.equal(await outcome(other.call("ping", {})), "ok");
  other.close();
});

Deno.test("behind a forwarder an account needs an invite, also on loopback", async () => {
  await using server = await start();
  const client = await clientOver(await dialWith(server, "mailctl", binaryHeaderFor("127.0.0.1")));
  const { registration } = await makeAccount("eve");
  assert.equal(await outcome(client.call("register", registration)), "denied");
  client.close();
});

/** Lets an administrator ask a server, which has forwarders or not. */
async function withAdmin(
  options: Options,
  act: (
    ask: (command: string, values?: object) => Promise<Record<string, unknown>>,
  ) => Promise<void>,
): Promise<void> {
  const adminFolder = await Deno.makeTempDir({ prefix: "mailctl-test-" });
  try {
    await using _server = await start({ adminFolder, ...options });
    await act(async (command, values = {}) => {
      const question = {
        command,
        request: crypto.randomUUID().replaceAll("-", ""),
        arguments: values,
      };
      const path = `${adminFolder}/${adminSocket}`;
      return JSON.parse(await askLocal(path, JSON.stringify(question), 10_000)).value;
    });
  } finally {
    await Deno.remove(adminFolder, { recursive: true });
  }
}

Deno.test("behind a forwarder the server does not know its address for invites", () =>
  withAdmin({}, async (ask) => assert.equal((await ask("server"))["address"], null)));

for (const where of ["behind a forwarder", "without one"]) {
  Deno.test(`${where}, an invite has the key that the server shows since its change`, () =>
    withAdmin(where === "without one" ? { forwarders: [] } : {}, async (ask) => {
      const token = "0f".repeat(16);
      const values = { token, uses: 1, expiresInMs: 1, maxBytes: 0, provisioning: false };
      const before = await ask("server");
      const { fingerprint } = await ask("rotateKey");
      assert.notEqual(fingerprint, before["fingerprint"]);
      assert.equal((await ask("invite", values))["fingerprint"], fingerprint);
    }));
}

Deno.test("a health check of the forwarder itself is served, and is not on this machine", async () => {
  await using server = await start();
  const program = new MailProgram(new TcpConnection(await dialWith(server, "smtp", localHeader)));
  assert.match((await program.reply())!, /^220 /);
  await program.talk([["EHLO balancer.test", "250"], ["MAIL FROM:<a@world.test>", "530 5.7.0"]]);
  program.close();
  (await dialWith(server, "mailctl", localHeader)).close();
  assert.equal(await counted(server, "proxy_headers_refused_total"), 0);
});

const wrong: Readonly<Record<string, Uint8Array>> = {
  "TLS": Uint8Array.fromHex("1603010200010001fc0303000102030405"),
  "SMTP": utf8("EHLO client.test\r\nMAIL FROM:<a@b.test>\r\n"),
  "a line that is wrong": utf8("PROXY TCP4 203.0.113.7 203.0.113.8 1\r\nEHLO x\r\n"),
  "a length that is not allowed": binaryHeaderFor("203.0.113.7").with(14, 0xff),
  "an unknown command": binaryHeaderFor("203.0.113.7").with(12, 0x2f),
};

Deno.test("a forwarder without a header, or with a bad one, has no answer and is counted", async () => {
  await using server = await start();
  let count = 0;
  for (const protocol of listeners) {
    for (const [name, header] of Object.entries(wrong)) {
      const socket = await dialWith(server, protocol, header);
      assert.equal(await readRest(socket), "", `${protocol}: ${name}`);
      assert.equal(await counted(server, "proxy_headers_refused_total"), ++count);
    }
    const cut = await dialWith(server, protocol, binaryHeaderFor("203.0.113.7").subarray(0, 20));
    await cut.closeWrite();
    assert.equal(await readRest(cut), "", `${protocol}: cut`);
    assert.equal(await counted(server, "proxy_headers_refused_total"), ++count);
  }
  const lines = server.lines.filter(({ event }) => event === "PROXY header refused");
  assert.equal(lines.length, Math.min(count, 20));
  assert.ok(lines.every(({ address }) => address === "127.0.0.1"));
});

Deno.test("an address that is no forwarder needs no header", async () => {
  await using server = await start({ forwarders: [parseIpPrefix("192.0.2.1")!] });
  const client = await RawClient.open(await server.dial());
  await client.call("ping", {});
  client.close();
});

Deno.test("TLS that comes in one segment with the header is not lost", async () => {
  await using server = await start();
  const port = server.port;
  const between = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const passing = (async () => {
    const [up, down] = [
      await between.accept(),
      await Deno.connect({ hostname: "127.0.0.1", port }),
    ];
    const hello = new Uint8Array(16_384);
    const count = (await up.read(hello))!;
    const header = binaryHeaderFor("203.0.113.7");
    const both = new Uint8Array(header.length + count);
    both.set(header);
    both.set(hello.subarray(0, count), header.length);
    assert.equal(await down.write(both), both.length);
    const pass = [up.readable.pipeTo(down.writable), down.readable.pipeTo(up.writable)];
    await Promise.allSettled(pass);
  })();
  const certificate = await certificateOf(server);
  const dialled = await dialKnown(
    { host: "127.0.0.1", port: between.addr.port, timeoutMs: 60_000 },
    certificate,
  );
  const client = await RawClient.open(dialled!);
  await client.call("ping", {});
  client.close();
  between.close();
  await passing;
});

async function certificateOf(server: TlsServer): Promise<Uint8Array<ArrayBuffer>> {
  const pem = await Deno.readTextFile(`${server.keys}/self_signed.pem`);
  return Uint8Array.fromBase64(/BEGIN CERTIFICATE-----([^-]+)/.exec(pem)![1]!);
}

/** A socket on which nothing more comes. */
class SilentSocket implements ByteSocket {
  readonly remoteAddr: { readonly hostname: string };
  readonly #closed = Promise.withResolvers<null>();
  isClosed = false;
  read = () => this.#closed.promise;
  write = () => Promise.reject(new Error("nothing is to be written"));
  closeWrite = () => Promise.resolve();
  setNoDelay = () => {};

  constructor(hostname = "127.0.0.1") {
    this.remoteAddr = { hostname };
  }

  close() {
    this.isClosed = true;
    this.#closed.resolve(null);
  }
}

Deno.test("a header that does not come in time, or is one too many, is given up", async () => {
  const refused = Promise.withResolvers<string>();
  const onRefused = (_: string, reason: string) => refused.resolve(reason);
  const slow = new ForwardedSockets({ forwarders, onRefused, timeoutMs: 10 }, () => {
    throw new Error("handed on");
  });
  const socket = new SilentSocket();
  slow.take(socket);
  assert.match(await refused.promise, /in time/);
  assert.ok(socket.isClosed);

  const reasons: string[] = [];
  const many = new ForwardedSockets(
    { forwarders, onRefused: (_, reason) => reasons.push(reason), timeoutMs: 60_000 },
    () => {},
  );
  const sockets = Array.from({ length: 1_001 }, () => new SilentSocket());
  for (const each of sockets) many.take(each);
  await Promise.resolve();
  assert.deepEqual(sockets.filter(({ isClosed }) => isClosed), [sockets.at(-1)]);
  assert.match(reasons.join(), /^[^,]*too many others[^,]*$/);
  many.close();
  assert.ok(sockets.every(({ isClosed }) => isClosed));
});

Deno.test("a forwarder is known however its address is written, and nobody else is one", () => {
  const names = ["10.0.0.0/8", "2001:db8::5", "fe80::/10"];
  const taken: string[] = [];
  const sockets = new ForwardedSockets(
    { forwarders: names.map((name) => parseIpPrefix(name)!), onRefused: () => {} },
    (_, address) => taken.push(address),
  );
  const theirs = ["10.9.9.9", "::ffff:10.0.0.1", "2001:db8:0:0::5", "fe80::1%eth0"];
  const others = ["11.0.0.1", "::10.0.0.1", "2001:db8::6", "127.0.0.1", "::1", "stdio", ""];
  const waiting = theirs.map((address) => new SilentSocket(address));
  for (const socket of waiting) sockets.take(socket);
  for (const address of others) sockets.take(new SilentSocket(address));
  assert.deepEqual(taken, others);
  sockets.close();
  assert.ok(waiting.every(({ isClosed }) => isClosed));
});
