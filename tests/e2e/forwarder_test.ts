/** The program behind a forwarder: PROXY headers on its three listeners, and one server of two that ends by SIGTERM. */
import assert from "node:assert/strict";
import { heardElsewhere } from "../../src/model/promises.ts";
import { TcpConnection } from "../../src/net/tcp_connection.ts";
import { Balancer } from "../support/balancer.ts";
import { dialAddressWith, insideTls } from "../support/forwarded.ts";
import { MailProgram } from "../support/mail_program.ts";
import { Person, Stage, until } from "../support/person.ts";
import type { ServerProcess } from "../support/program_server.ts";
import { binaryHeaderFor, lineHeaderFor } from "../support/proxy_header.ts";
import { RawClient } from "../support/raw_client.ts";

const any = "127.0.0.1:0";
const forwarded = ["--forwarder", "127.0.0.1", "--registration", "open"];

for (const [version, headerFor] of [["1", lineHeaderFor], ["2", binaryHeaderFor]] as const) {
  Deno.test(`version ${version} is believed on --listen, --smtp and --smtp-tls`, async () => {
    await using stage = new Stage();
    const args = [...forwarded, "--smtp", any, "--smtp-tls", any, "--smtp-plain-local"];
    const server = await stage.server({ args, isFresh: true });
    await using balancer = new Balancer();
    balancer.use([{ port: portOf(server.address), metricsPort: null }]);
    const home = stage.home("bob");
    const bob = await Person.register("bob", home, through(balancer, server));

    const [smtp = "", smtps = ""] = server.extraAddresses;
    const local = await dialAddressWith(smtp, headerFor("127.0.0.1"));
    const program = new MailProgram(new TcpConnection(local));
    await program.reply();
    await program.talk([["EHLO client.test", "250"], ["MAIL FROM:<a@world.test>", "530"]]);
    await program.talk([["STARTTLS", "220"]]);
    const secured = new MailProgram(await insideTls(local));
    await secured.talk([
      ["EHLO client.test", "250"],
      ["MAIL FROM:<a@world.test>", "250"],
      ["RCPT TO:<bob@mail.test>", "250"],
      ["DATA", "354"],
      ["Subject: through\r\n\r\nx\r\n.", "250"],
    ]);
    secured.close();
    const source = (await bob.do(["read", "--raw", `${await bob.newest()}`])).out;
    assert.match(source, /^Received: from client\.test \(\[127\.0\.0\.1\]\)/m);

    const tls = new MailProgram(
      await insideTls(await dialAddressWith(smtps, headerFor("2001:db8::9"))),
    );
    await tls.reply();
    await tls.talk([["EHLO x", "250"], [`AUTH PLAIN ${btoa("\0nobody\0wrong")}`, "535"]]);
    tls.close();
    const client = await RawClient.open(
      await insideTls(await dialAddressWith(server.address, headerFor("203.0.113.9"))),
    );
    await client.sendBytes(new Uint8Array(64).fill(255)); // breaks the session, which is logged
    await client.readToEnd();
    assert.equal(await server.stop(), 0);
    const logged = addressesOf(server);
    assert.equal(logged.get("account registered"), "198.18.0.0");
    assert.equal(logged.get("login refused"), "2001:db8::9");
    assert.equal(logged.get("session broken"), "203.0.113.9");
  });
}

Deno.test("accounts are imported by the address that clients use, which has to be named", async () => {
  await using stage = new Stage();
  const server = await stage.server({ args: forwarded, isFresh: true });
  await using balancer = new Balancer();
  balancer.use([{ port: portOf(server.address), metricsPort: null }]);
  const importing = (...more: string[]) =>
    stage.home("server").run(["admin", "import", "-", ...more], {
      stdin: '{"alice":"correct horse battery"}',
    });
  const unnamed = await importing();
  assert.deepEqual([unnamed.status, unnamed.out], [64, ""]);
  assert.match(
    unnamed.err,
    /address for clients is not known here\nhint: Add --server HOST:PORT\./,
  );
  const { status, out, err } = await importing("--server", `127.0.0.1:${balancer.port}`);
  assert.deepEqual([status, out, err], [0, "alice\tcreated\n", ""]);
});

Deno.test("SIGTERM for one server of two: commands go on without a failure, and a watch moves", async () => {
  await using stage = new Stage();
  const args = [...forwarded, "--metrics", any, "--drain", "4s"];
  const first = await stage.server({ name: "first", args, isFresh: true });
  await using balancer = new Balancer();
  balancer.use([{ port: portOf(first.address), metricsPort: null }]);
  const people = await Promise.all(
    ["alice", "bob", "carol"].map((name) =>
      Person.register(name, stage.home(name), through(balancer, first))
    ),
  );
  const [alice, bob, carol] = people as [Person, Person, Person];
  await first.stop("SIGINT");
  await copyFolder(`${stage.folder}/first/home/.local`, `${stage.folder}/second/home/.local`);
  await first.start();
  const second = await stage.server({ name: "second", args, isFresh: true });
  assert.equal(second.fingerprint, first.fingerprint);
  balancer.use([backendOf(first)]);
  const watch = carol.home.start(["watch", "--unread", "-n", "1"]);
  const watched = watch.output();
  await until(() => balancer.taken.get(portOf(first.address))! > 3, "the watch");
  balancer.use([backendOf(first), backendOf(second)]);

  let isOver = false;
  const work = async (person: Person, command: string) => {
    let count = 0;
    for (; !isOver; count++) await person.do([command]);
    return count;
  };
  const working = heardElsewhere(
    Promise.all([work(alice, "inbox"), work(bob, "inbox"), work(bob, "ping")]),
  );
  await until(() => (balancer.taken.get(portOf(second.address)) ?? 0) > 3, "work on both");
  assert.equal(await first.stop("SIGTERM"), 0);
  isOver = true;
  assert.ok((await working).every((count) => count > 1));
  assert.equal(balancer.refused, 0);
  assert.deepEqual(balancer.well, [portOf(second.address)]);

  await alice.send(["carol", "-s", "moved", "-m", ""]);
  const { code, stdout, stderr } = await watched;
  assert.deepEqual([code, new TextDecoder().decode(stderr)], [0, ""]);
  assert.match(new TextDecoder().decode(stdout), /moved/);
});

function portOf(address: string): number {
  return Number(address.split(":").at(-1));
}

function backendOf({ address, extraAddresses: [metrics = ""] }: ServerProcess) {
  return { port: portOf(address), metricsPort: Number(new URL(metrics).port) };
}

/** The server as clients of the balancer know it. */
function through({ port }: Balancer, { fingerprint }: ServerProcess): string {
  return `127.0.0.1:${port}#${fingerprint}`;
}

/** The address that each event was logged with last. */
function addressesOf({ log }: ServerProcess): Map<string, string> {
  const lines = log.trim().split("\n").map((line) => JSON.parse(line));
  return new Map(lines.map(({ event, address }) => [event, address]));
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true, mode: 0o700 });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    const [source, target] = [`${from}/${name}`, `${to}/${name}`];
    if (isDirectory) await copyFolder(source, target);
    else await Deno.copyFile(source, target);
  }
}
