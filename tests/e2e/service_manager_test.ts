/** What programs that run on tell systemd, on a real NOTIFY_SOCKET. */
import assert from "node:assert/strict";
import { makeCertificate } from "../../src/crypto/certificate.ts";
import { Hold } from "../support/hold.ts";
import { NotifySocket } from "../support/notify_socket.ts";
import { Stage, until } from "../support/person.ts";

/** Connects to an address, which has to listen. */
async function reach(address: string): Promise<void> {
  const [hostname = "", port] = address.split(":");
  (await Deno.connect({ hostname, port: Number(port) })).close();
}

for (const form of ["path", "abstract name"] as const) {
  Deno.test(`a server tells its service manager what happens to it, by the ${form} of a socket`, async () => {
    await using stage = new Stage();
    const name = form === "path" ? `${stage.folder}/notify` : `@mailctl-${crypto.randomUUID()}`;
    const manager = stage.keep(await NotifySocket.listen(name));
    const args = ["--smtp", "127.0.0.1:0", "--smtp-tls", "127.0.0.1:0"];
    const server = await stage.server({ args, env: { NOTIFY_SOCKET: name }, isFresh: true });
    assert.equal(await manager.next(), "READY=1");
    for (const address of [server.address, ...server.extraAddresses]) await reach(address);

    Deno.kill(server.pid, "SIGHUP");
    assert.deepEqual([await manager.next(), await manager.next()], ["RELOADING=1", "READY=1"]);
    assert.match(server.log, /"event":"reloaded"/);

    assert.equal(await server.stop(), 0);
    assert.equal(await manager.next(), "STOPPING=1");
    assert.doesNotMatch(server.log, /"level":"(error|warning)"/);
  });
}

Deno.test("a server that is told to reload while it starts does so once it has started", async () => {
  await using stage = new Stage();
  const hold = new Hold(`${stage.folder}/hold`);
  const home = stage.home("server");
  home.runsWith(hold.flagsFor("files"));
  hold.query({ calls: ["rename"], when: "before", nth: 1 }); // where it shows its certificate
  const args = ["serve", "--listen", "127.0.0.1:0", "--domain", "mail.test"];
  const child = home.start(args, { env: hold.env });
  const status = child.status;
  let log = "";
  const reading = child.stderr.pipeThrough(new TextDecoderStream()).pipeTo(
    new WritableStream({ write: (text) => void (log += text) }),
  );
  await hold.stands(1);
  child.kill("SIGHUP");
  hold.release();
  const reloaded = until(() => /"event":"reloaded"/.test(log), "that it reloads");
  await Promise.race([reloaded, status.then(({ signal }) => assert.equal(signal, null))]);
  child.kill("SIGTERM");
  assert.deepEqual([(await status).code, await child.stdout.cancel()], [0, undefined]);
  await reading;
});

Deno.test("a reload changes all or nothing, and the log has one answer to it", async () => {
  await using stage = new Stage();
  const manager = stage.keep(await NotifySocket.listen(`${stage.folder}/notify`));
  const env = { NOTIFY_SOCKET: `${stage.folder}/notify` };
  const server = await stage.server({ env, isFresh: true, args: ["--quota", "50M"] });
  await until(() => /"warning","event":"quota too small"/.test(server.log), "a warning");
  const home = `${stage.folder}/server/home`;
  const [config, keys] = [`${home}/.config/mailctl`, `${home}/.local/share/mailctl/keys`];
  Deno.mkdirSync(config, { recursive: true });
  assert.equal(await manager.next(), "READY=1");

  const putCertificate = async (madeAt: number) => {
    const names = { hosts: ["mail.test"], addresses: [] };
    const { certificate, privateKey } = await makeCertificate(names, madeAt);
    Deno.writeTextFileSync(`${keys}/tls.crt`, certificate);
    Deno.writeTextFileSync(`${keys}/tls.key`, privateKey, { mode: 0o600 });
  };
  const now = Date.now();
  const [expired, future] = [now - 4000 * 86_400_000, now + 10 * 86_400_000];
  const rows: readonly (readonly [settings: string, madeAt: number | null, log: RegExp[]])[] = [
    ["keep = nonsense", null, [/"cannot reload".*as a time to keep mail/]],
    ["nonsense = 1", expired, [/"cannot reload".*nonsense/]],
    ["keep = 90d", expired, [/"warning","event":"certificate expired","until":"2/, /"reloaded"/]],
    ["keep = 90d", future, [
      /"warning","event":"certificate not valid yet","from":"2/,
      /"reloaded"/,
    ]],
    ["keep = 90d", now, [/"reloaded"/]],
  ];
  for (const [settings, madeAt, expected] of rows) {
    Deno.writeTextFileSync(`${config}/config`, `${settings}\n`);
    if (madeAt !== null) await putCertificate(madeAt);
    const before = server.log.length;
    Deno.kill(server.pid, "SIGHUP");
    assert.deepEqual([await manager.next(), await manager.next()], ["RELOADING=1", "READY=1"]);
    const told = () => server.log.slice(before).split("\n").filter(Boolean);
    await until(() => told().length >= expected.length, "the log");
    const lines = told();
    assert.equal(lines.length, expected.length, lines.join("\n"));
    for (const [at, line] of lines.entries()) assert.match(line, expected[at]!);
  }
  await putCertificate(expired);
  await server.stop();
  await server.start();
  await until(() => /"certificate expired"/.test(server.log.split("stopped").at(-1)!), "a warning");
  await server.stop();
});

Deno.test("a server whose last listener cannot be opened was never ready", async () => {
  await using stage = new Stage();
  const name = `${stage.folder}/notify`;
  const manager = stage.keep(await NotifySocket.listen(name));
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const env = { NOTIFY_SOCKET: name };
  const args = ["serve", "--listen", "127.0.0.1:0", "--smtp", `127.0.0.1:${taken.addr.port}`];
  const { status } = await stage.home("unlucky").run(args, { env });
  taken.close();
  assert.equal(status, 69);

  const server = await stage.server({ env, isFresh: true }); // its messages come after those of the first
  assert.equal(await manager.next(), "READY=1");
  await server.stop();
  assert.equal(await manager.next(), "STOPPING=1");
});

for (const name of ["/nowhere/notify", "@mailctl-nobody", "vsock:2:1", "notify", "/"]) {
  Deno.test(`a server that cannot tell its service manager at ${name} says so and serves`, async () => {
    await using stage = new Stage();
    const server = await stage.server({ env: { NOTIFY_SOCKET: name }, isFresh: true });
    const [alice] = await stage.people(server, "alice");
    await alice!.do(["ping"]);
    assert.equal(await server.stop(), 0);
    assert.equal(server.log.match(/cannot tell the service manager/g)?.length, 2, server.log);
  });
}

for (
  const args of [[
    "bridge",
    "--smtp",
    "127.0.0.1:0",
    "--imap",
    "127.0.0.1:0",
    "--pop3",
    "127.0.0.1:0",
  ], ["web", "--no-open"]]
) {
  Deno.test(`${args[0]} tells its service manager when it is ready and when it stops`, async () => {
    await using stage = new Stage();
    const name = `${stage.folder}/notify`;
    const manager = stage.keep(await NotifySocket.listen(name));
    const [alice] = await stage.people(await stage.server(), "alice");

    const child = alice!.home.start(args, { env: { NOTIFY_SOCKET: name } });
    assert.equal(await manager.next(), "READY=1");
    child.kill("SIGTERM");
    assert.equal(await manager.next(), "STOPPING=1");
    const { code, stderr } = await child.output();
    assert.deepEqual([code, new TextDecoder().decode(stderr)], [0, ""]);
  });
}
