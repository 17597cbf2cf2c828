/** A server that takes mail and is killed, has a full disk, or has no place left. */
import assert from "node:assert/strict";
import { TcpConnection } from "../../src/net/tcp_connection.ts";
import { limits } from "../../src/model/limits.ts";
import { MailProgram } from "../support/mail_program.ts";
import { Stage } from "../support/person.ts";
import { SmallDisk } from "../support/program_disk.ts";
import type { ServerProcess } from "../support/program_server.ts";

const args = ["--smtp", "127.0.0.1:0", "--smtp-plain-local"];
const begin = [
  ["MAIL FROM:<carol@world.test>", "250"],
  ["RCPT TO:<bob@mail.test>", "250"],
  ["DATA", "354"],
] as const;
const line = `${"x".repeat(998)}\r\n`;
const mebi = line.repeat(1000);

async function connect({ extraAddresses: [address = ""] }: ServerProcess): Promise<MailProgram> {
  const [hostname = "", port] = address.split(":");
  const program = new MailProgram(
    new TcpConnection(await Deno.connect({ hostname, port: Number(port) })),
  );
  return program;
}

async function greeted(server: ServerProcess): Promise<MailProgram> {
  const program = await connect(server);
  assert.match((await program.reply())!, /^220 /);
  await program.talk([["EHLO client.test", "250"]]);
  return program;
}

/** Threads of JavaScript beside the first one. */
function workersOf({ pid }: ServerProcess): number {
  return [...Deno.readDirSync(`/proc/${pid}/task`)].filter(({ name }) =>
    Deno.readTextFileSync(`/proc/${pid}/task/${name}/comm`).startsWith("worker-")
  ).length;
}

Deno.test("what was answered with 250 survives kill -9, and nothing of what was not", async () => {
  await using stage = new Stage();
  const server = await stage.server({ args });
  const [bob] = await stage.people(server, "bob");
  const program = await greeted(server);
  await program.talk([...begin, ["Subject: whole\r\n\r\nx\r\n.", "250"], ...begin]);
  await program.say(`Subject: cut\r\n\r\n${mebi.repeat(3)}`);
  await server.stop("SIGKILL");
  program.close();
  await server.start();
  const { messages } = await bob!.list("inbox");
  assert.deepEqual(messages.map(({ subject }) => subject), ["whole"]);
  const again = await greeted(server);
  await again.talk(begin);
  await again.say(`Subject: again\r\n\r\n${mebi.repeat(3)}.\r\n`);
  assert.match((await again.reply())!, /^250 /);
  await server.stop("SIGKILL");
  await server.start();
  assert.deepEqual((await bob!.list("inbox")).messages.map(({ subject }) => subject), [
    "again",
    "whole",
  ]);
  assert.equal(await server.stop(), 0);
});

Deno.test("while a long message comes a short one is sealed in a Worker, and both arrive", async () => {
  await using stage = new Stage();
  const server = await stage.server({ args });
  const [bob] = await stage.people(server, "bob");
  const [long, short] = [await greeted(server), await greeted(server)];
  const threads = workersOf(server);
  await long.talk(begin);
  await long.say(`Subject: long\r\n\r\n${mebi.repeat(8)}`);
  await short.talk([...begin, ["Subject: short\r\n\r\nx\r\n.", "250"]]);
  assert.equal(workersOf(server) - threads, navigator.hardwareConcurrency > 1 ? 1 : 0);
  await long.talk([[".", "250"]]);
  const { messages } = await bob!.list("inbox");
  assert.deepEqual(messages.map(({ subject }) => subject), ["long", "short"]);
  assert.equal(await server.stop(), 0);
});

Deno.test("a full disk is told as 452, and mail goes on once there is room", async () => {
  await using stage = new Stage();
  const disk = stage.keep(await SmallDisk.mount(`${stage.folder}/disk`, 6));
  const server = await stage.server({ args: [...args, "--data", `${disk.folder}/data`] });
  const [bob] = await stage.people(server, "bob");
  const program = await greeted(server);
  await program.talk(begin);
  await program.say(`Subject: large\r\n\r\n${mebi.repeat(8)}.\r\n`);
  assert.match((await program.reply())!, /^452 4\.3\.1 /);
  await disk.resize(60);
  await program.talk(begin);
  await program.say(`Subject: large\r\n\r\n${mebi.repeat(8)}.\r\n`);
  assert.match((await program.reply())!, /^250 /);
  assert.equal((await bob!.list("inbox")).total, 1);
  await server.stop();
});

Deno.test("connections over the limit are told so, and cost the others nothing", async () => {
  await using stage = new Stage();
  const server = await stage.server({ args });
  const most = limits.maxSmtpConnectionsPerAddress;
  const taken = await Promise.all(Array.from({ length: most }, () => greeted(server)));
  const refused = await Promise.all(Array.from({ length: 200 }, async () => {
    const program = await connect(server);
    return await program.rest();
  }));
  assert.deepEqual([...new Set(refused)], ["421 4.7.0 Too many connections\r\n"]);
  await taken[0]!.talk([["NOOP", "250"]]);
  taken.pop()!.close();
  for (;;) {
    const program = await connect(server);
    const greeting = await program.reply();
    program.close();
    if (greeting!.startsWith("220")) break;
  }
  for (const program of taken) program.close();
  assert.equal(await server.stop(), 0);
});
