/** `mailctl bridge` as it runs: its password, its files, and a server that comes and goes. */
import assert from "node:assert/strict";
import { multiLine } from "../support/bridge_here.ts";
import { BridgeProcess } from "../support/bridge_process.ts";
import { MailProgram } from "../support/mail_program.ts";
import { type Person, Stage, until } from "../support/person.ts";
import { TcpConnection } from "../../src/net/tcp_connection.ts";

async function dial({ settings }: BridgeProcess, protocol: "smtp" | "pop3"): Promise<MailProgram> {
  const { host, port } = settings[protocol];
  const socket = await Deno.connect({ hostname: host, port });
  const program = new MailProgram(new TcpConnection(socket));
  await program.line();
  return program;
}

async function openInbox(bridge: BridgeProcess): Promise<MailProgram> {
  const program = await dial(bridge, "pop3");
  await program.talk([
    [`USER ${bridge.settings.user}`, "+OK"],
    [`PASS ${bridge.settings.password}`, "+OK"],
  ]);
  return program;
}

/** Sends from alice to bob; returns the last reply. */
async function submit(bridge: BridgeProcess, subject: string): Promise<string | null> {
  const program = await dial(bridge, "smtp");
  const login = btoa(`\0${bridge.settings.user}\0${bridge.settings.password}`);
  await program.talk([["EHLO x", "250"], [`AUTH PLAIN ${login}`, "235"], ["MAIL FROM:<>", "250"]]);
  const named = await program.ask("RCPT TO:<bob>");
  if (!named?.startsWith("250")) return named;
  await program.talk([["DATA", "354"]]);
  return await program.ask(`Subject: ${subject}\r\n\r\n.`);
}

async function subjects(bridge: BridgeProcess): Promise<string[]> {
  const program = await openInbox(bridge);
  await program.say("STAT\r\n");
  const count = Number((await program.line())!.split(" ")[1]);
  for (let number = 1; number <= count; number++) await program.say(`TOP ${number} 0\r\n`);
  await program.say("QUIT\r\n");
  return [...(await program.rest()).matchAll(/^Subject: (.*)\r$/gm)].map(([, subject]) => subject!);
}

function modeOf(person: Person, file: string): string {
  const path = `${person.home.folder}/home/.local/state/mailctl/${file}`;
  return (Deno.statSync(path).mode! & 0o777).toString(8);
}

Deno.test("the bridge keeps its password and certificate to itself, from run to run", async () => {
  await using stage = new Stage();
  const [alice] = await stage.people(await stage.server(), "alice");
  const seen: { password: string; certificate: string }[] = [];
  for (const args of [[], ["--tls"], ["--new-password"], []]) {
    const bridge = await BridgeProcess.start(alice!, ...args);
    const { password, certificate, smtp } = bridge.settings;
    assert.match(password, /^[0-9a-hjkmnp-tv-z]{25}[048cgmrw]$/);
    assert.equal(smtp.security, args.includes("--tls") ? "tls" : "starttls");
    const shown = Deno.readTextFileSync(certificate);
    assert.match(shown, /^-----BEGIN CERTIFICATE-----\n[^-]+-----END CERTIFICATE-----\n$/);
    seen.push({ password, certificate: shown });
    assert.equal(await bridge.stop(args.length === 0 ? "SIGINT" : "SIGTERM"), 0);
  }
  const [first, second, third, fourth] = seen;
  assert.deepEqual(second, first);
  assert.notEqual(third!.password, first!.password);
  assert.deepEqual(fourth, { ...first, password: third!.password });
  assert.deepEqual([modeOf(alice!, "bridge.json"), modeOf(alice!, "bridge.pem")], ["600", "600"]);
});

Deno.test("what was brought in is as it was, but for fields of ours", async () => {
  await using stage = new Stage();
  const [alice] = await stage.people(await stage.server(), "alice");
  const message =
    "Mailctl-Outcome: verified\nFrom: Carol <carol@elsewhere.test>\nSubject: old\n\nhello\n";
  Deno.writeTextFileSync(
    `${alice!.home.work}/old.mbox`,
    `From carol Sat Nov 21 10:00:00 2020\n${message}`,
  );
  await alice!.do(["import", "old.mbox"]);
  const bridge = stage.keep(await BridgeProcess.start(alice!));
  const program = await openInbox(bridge);
  await program.say("LIST 1\r\nRETR 1\r\nQUIT\r\n");
  const [, size, text = ""] =
    /^\+OK 1 (\d+)\r\n\+OK\r\n([^]*)\.\r\n\+OK/.exec(await program.rest()) ?? [];
  assert.equal(text.length, Number(size));
  assert.match(
    text,
    /^Gone:-+\r\nFrom: Carol <carol@elsewhere\.test>\r\nSubject: old\r\n\r\nhello/,
  );
});

Deno.test("two bridges cannot have one port", async () => {
  await using stage = new Stage();
  const [alice] = await stage.people(await stage.server(), "alice");
  const bridge = stage.keep(await BridgeProcess.start(alice!));
  const { smtp, imap, pop3 } = bridge.settings;
  const [one, two, three] = [smtp, imap, pop3].map(({ port }) => `127.0.0.1:${port}`);
  const start = (...ports: string[]) =>
    alice!.run([
      "bridge",
      ...["--smtp", "--imap", "--pop3"].flatMap((flag, at) => [flag, ports[at]!]),
    ]);
  const outcome = await start(one!, "127.0.0.1:0", "127.0.0.1:0");
  assert.equal(outcome.status, 69);
  assert.match(outcome.err, /^mailctl: Cannot listen on 127.*\nhint: .*--smtp HOST:PORT\.\n$/);
  const all = await start(one!, two!, three!);
  assert.equal(all.status, 69);
  const [told, hint] = all.err.split("\n");
  assert.equal(
    told,
    `mailctl: Cannot listen on ${one}, ${three}, ${two}: other programs use the addresses`,
  );
  assert.match(hint!, /--smtp HOST:PORT, --pop3 HOST:PORT, --imap HOST:PORT\.$/);
});

Deno.test("a server that comes and goes is told of, and programs go on when it is back", async () => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice, bob] = await stage.people(server, "alice", "bob");
  const [from, to] = [
    stage.keep(await BridgeProcess.start(alice!)),
    stage.keep(await BridgeProcess.start(bob!)),
  ];
  assert.match((await submit(from, "before"))!, /^250 /);
  const open = await openInbox(to);
  await server.stop();
  assert.match((await submit(from, "meanwhile"))!, /^451 4\.4\.1 /);
  assert.match((await open.ask("RETR 1"))!, /^-ERR \[SYS\/TEMP\] /);
  const refused = await dial(from, "pop3");
  await refused.talk([
    ["USER alice", "+OK"],
    [`PASS ${from.settings.password}`, "-ERR [SYS/TEMP]"],
  ]);
  await server.start();
  assert.match((await submit(from, "after"))!, /^250 /);
  assert.equal(await open.ask("RETR 1"), "+OK"); // the same session
  open.close();
  refused.close();
  await onceFree(async () => assert.deepEqual(await subjects(to), ["before", "after"]));
  assert.deepEqual([from.log, to.log], ["", ""]);
});

Deno.test("a bridge that is killed deletes nothing, and another one has the inbox and the password", async () => {
  await using stage = new Stage();
  const [alice, bob] = await stage.people(await stage.server(), "alice", "bob");
  await alice!.do(["send", "bob", "-s", "kept", "-m", "x"]);
  const killed = await BridgeProcess.start(bob!);
  const program = await openInbox(killed);
  await program.talk([["DELE 1", "+OK"]]);
  await killed.stop("SIGKILL");
  program.close();
  const bridge = stage.keep(await BridgeProcess.start(bob!));
  assert.equal(bridge.settings.password, killed.settings.password);
  assert.deepEqual(await subjects(bridge), ["kept"]);
});

Deno.test("what burns is erased once a program has it, and not shown to one that only peeks", async () => {
  await using stage = new Stage();
  const [alice, bob] = await stage.people(await stage.server(), "alice", "bob");
  await alice!.do(["send", "bob", "--burn", "-s", "once", "-m", "x"]);
  const peeking = await BridgeProcess.start(bob!, "--peek");
  assert.deepEqual(await subjects(peeking), []);
  await peeking.stop();
  const bridge = stage.keep(await BridgeProcess.start(bob!));
  assert.deepEqual(await subjects(bridge), ["once"]); // TOP is a look at the header
  const program = await openInbox(bridge);
  assert.match(await multiLine(program, "TOP 1 1000"), /^Subject: once\r\n[^]*\r\n\r\n$/m);
  await program.say("RETR 1\r\nQUIT\r\n");
  assert.match(await program.rest(), /^Subject: once\r$/m);
  assert.deepEqual((await bob!.list("inbox")).messages, []);
});

/** The session that was just left still has the inbox for a moment. */
async function onceFree(work: () => Promise<void>): Promise<void> {
  for (let tries = 0;; tries++) {
    try {
      return await work();
    } catch (error) {
      if (tries === 100 || !String(error).includes("IN-USE")) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

Deno.test("with --queue, mail waits for a server that is away, also for the next bridge, and comes once", async () => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice, bob] = await stage.people(server, "alice", "bob");
  const first = stage.keep(await BridgeProcess.start(alice!, "--queue"));
  assert.equal(await submit(first, "at once"), "250 2.6.0 Encrypted and stored");
  await server.stop("SIGKILL");
  assert.equal(await submit(first, "waits"), "250 2.6.0 Queued until the server can be reached");
  await first.stop("SIGKILL");
  await server.start();
  const second = stage.keep(await BridgeProcess.start(alice!, "--queue"));
  const received = async () => (await bob!.list("inbox")).messages.map(({ subject }) => subject);
  await until(async () => (await received()).includes("waits"), "that the message came");
  await server.stop("SIGKILL");
  assert.match((await submit(second, "waits too"))!, /^250 2.6.0 Queued/);
  await server.start();
  await until(async () => (await received()).includes("waits too"), "that the message came");
  assert.deepEqual(await received(), ["waits too", "waits", "at once"]);
  assert.match((await alice!.home.run(["queue", "list"])).out, /^$/);
});

Deno.test("with --queue, what can never be sent is refused, or told of where it waited", async () => {
  await using stage = new Stage();
  const server = await stage.server();
  const [alice] = await stage.people(server, "alice");
  const bridge = stage.keep(await BridgeProcess.start(alice!, "--queue"));
  assert.match((await submit(bridge, "to nobody"))!, /^550 .*there is no such account/);
  await server.stop("SIGKILL");
  assert.match((await submit(bridge, "to nobody"))!, /^250 2.6.0 Queued/);
  await server.start();
  await until(() => bridge.log.includes("Run `mailctl queue flush`"), "that it was told of");
  assert.match(bridge.log, /Message \S+ stays in the queue, as failed: .*no such account/);
});
