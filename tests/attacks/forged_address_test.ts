/** Telling another address than one's own, to get around limits or to seem to be on the server's machine. */
import assert from "node:assert/strict";
import { concatBytes, utf8 } from "../../src/model/bytes.ts";
import { parseIpPrefix } from "../../src/net/ip_address.ts";
import { TcpConnection } from "../../src/net/tcp_connection.ts";
import {
  dialWith,
  insideTls,
  type ListenerName,
  listeners,
  readRest,
  startWithListeners,
} from "../support/forwarded.ts";
import { MailProgram } from "../support/mail_program.ts";
import { binaryHeaderFor, lineHeaderFor, localHeader } from "../support/proxy_header.ts";
import { makeAccount } from "../support/account.ts";
import { outcome, RawClient } from "../support/raw_client.ts";
import type { TlsServer } from "../support/server.ts";

const forged = "198.51.100.66";
const headers: Readonly<Record<string, Uint8Array>> = {
  "version 1": lineHeaderFor(forged),
  "version 1 in small letters": utf8(`proxy TCP4 ${forged} 192.0.2.2 50000 25\r\n`),
  "version 1, unknown": utf8("PROXY UNKNOWN\r\n"),
  "version 2": binaryHeaderFor(forged),
  "version 2, LOCAL": localHeader,
};

/** A whole message in the clear. */
const mail = utf8(
  "EHLO evil.test\r\nMAIL FROM:<evil@world.test>\r\nRCPT TO:<bob@mail.test>\r\nDATA\r\n" +
    "Subject: evil\r\n\r\n.\r\nQUIT\r\n",
);

/** Says a header that is not to count, and then what would be said behind it. */
async function attempt(server: TlsServer, name: ListenerName, first: Uint8Array): Promise<void> {
  const socket = await dialWith(server, name, concatBytes([first, mail]));
  await socket.closeWrite().catch(() => {}); // the server may have closed already
  const told = await readRest(socket);
  if (name !== "smtp") return assert.doesNotMatch(told, /mailctl|mail\.test/);
  const replies = told.split("\r\n").slice(1, -1); // behind the greeting
  assert.match(replies.at(-1) ?? "521", /^521 /, told);
  for (const reply of replies) assert.match(reply, /^5(00|21) /, told);
}

function assertUnbelieved({ lines }: TlsServer): void {
  assert.ok(!JSON.stringify(lines).includes(forged));
}

for (const from of ["elsewhere", "no address"] as const) {
  Deno.test(`with forwarders at ${from}, the header of anybody else ends the connection`, async () => {
    const forwarders = from === "elsewhere" ? [parseIpPrefix("192.0.2.0/24")!] : [];
    await using server = await startWithListeners({ forwarders });
    for (const name of listeners) {
      for (const header of Object.values(headers)) await attempt(server, name, header);
    }
    assertUnbelieved(server);
  });
}

Deno.test("a second header, which the client itself sent, ends the connection", async () => {
  const forwarders = [parseIpPrefix("127.0.0.1")!];
  await using server = await startWithListeners({ forwarders });
  for (const name of listeners) {
    for (const header of Object.values(headers)) {
      for (const own of [lineHeaderFor("203.0.113.7"), binaryHeaderFor("203.0.113.7")]) {
        await attempt(server, name, concatBytes([own, header]));
      }
    }
  }
  assertUnbelieved(server);
});

Deno.test("a header inside TLS, or behind the greeting, ends the connection", async () => {
  const forwarders = [parseIpPrefix("127.0.0.1")!];
  await using server = await startWithListeners({ forwarders });
  const own = binaryHeaderFor("203.0.113.7");
  const program = new MailProgram(await insideTls(await dialWith(server, "smtps", own)));
  await program.reply();
  await program.talk([["EHLO evil.test", "250"], [`PROXY TCP4 ${forged} ${forged} 1 1`, "521"]]);
  assert.equal(await program.line(), null);
  const socket = await dialWith(server, "smtp", own);
  const plain = new MailProgram(new TcpConnection(socket));
  await plain.reply();
  assert.match((await plain.ask(`PROXY TCP4 ${forged} ${forged} 1 1`))!, /^521 /);
  await socket.closeWrite();
  assert.equal(await plain.line(), null);
  assertUnbelieved(server);
});

Deno.test("a forwarder makes nobody one of this machine: not by any address that it may tell", async () => {
  const forwarders = [parseIpPrefix("127.0.0.1")!];
  await using server = await startWithListeners({ forwarders });
  const locals = [
    ...["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"].map((address) =>
      binaryHeaderFor(address)
    ),
    ...["127.0.0.1", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:7f00:1"].map(
      lineHeaderFor,
    ),
    ...[localHeader, utf8("PROXY UNKNOWN\r\n"), utf8("PROXY UNKNOWN 127.0.0.1 ::1 1 1\r\n")],
  ];
  for (const header of locals) {
    const plain = new MailProgram(new TcpConnection(await dialWith(server, "smtp", header)));
    await plain.reply();
    await plain.talk([["EHLO evil.test", "250"], ["MAIL FROM:<a@world.test>", "530 5.7.0"]]);
    plain.close();
    const client = await RawClient.open(await insideTls(await dialWith(server, "mailctl", header)));
    const { registration } = await makeAccount("eve");
    assert.equal(await outcome(client.call("register", registration)), "denied");
    client.close();
  }
});
