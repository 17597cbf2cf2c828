/** A bridge whose ports a service manager holds: what connects before it runs waits for it. */
import assert from "node:assert/strict";
import { TcpConnection } from "../../src/net/tcp_connection.ts";
import { multiLine } from "../support/bridge_here.ts";
import { areInstalled } from "../support/installed.ts";
import { startTls } from "../support/listener_here.ts";
import { MailProgram } from "../support/mail_program.ts";
import { deadline, type Person, Stage } from "../support/person.ts";
import { finish } from "../support/program.ts";
import { UnitFile } from "../support/unit_file.ts";

const folder = new URL("../../docs/systemd/user/", import.meta.url);
const startMs = 60_000;

/** Ports that were free a moment ago. */
function freePorts(count: number): number[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  return listeners.map((listener) => {
    listener.close();
    return listener.addr.port;
  });
}

/** Starts the bridge as systemd does with `ListenStream=` for each of `held`: once somebody connects. */
function activate(
  { home, name }: Person,
  held: readonly number[],
  [smtp, pop3, imap]: readonly number[],
) {
  const env = Object.keys(home.environment()).map((key) => `-E ${key}`).join(" ");
  const sockets = held.map((port) => `-l 127.0.0.1:${port}`).join(" ");
  const bridge = `bridge --user ${name} --smtp 127.0.0.1:${smtp} --pop3 127.0.0.1:${pop3} ` +
    `--imap 127.0.0.1:${imap}`;
  return home.startShell(`exec systemd-socket-activate ${env} ${sockets} mailctl ${bridge}`);
}

/** Connects once the port is held. */
async function dial(port: number): Promise<Deno.TcpConn> {
  for (;;) {
    try {
      return await Deno.connect({ hostname: "127.0.0.1", port });
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function greeted(port: number) {
  const socket = await deadline(dial(port), startMs, "the socket");
  const program = new MailProgram(new TcpConnection(socket));
  return { socket, program, greeting: await deadline(program.reply(), startMs, "the greeting") };
}

Deno.test({
  name: "the bridge takes the sockets of a service manager, and TLS goes over them",
  ignore: !areInstalled("systemd-socket-activate"),
  fn: async () => {
    await using stage = new Stage();
    const server = await stage.server();
    const [alice] = await stage.people(server, "alice");
    await alice!.send(["alice", "-s", "Hello", "-m", "x".repeat(300_000)]);
    const ports = freePorts(3);
    const child = activate(alice!, ports, ports);
    const [smtp, pop3, imap] = await Promise.all(ports.map(greeted));
    assert.match(smtp!.greeting!, /^220 /);
    assert.match(pop3!.greeting!, /^\+OK mailctl/);
    assert.match(imap!.greeting!, /^\* OK \[CAPABILITY /);
    smtp!.program.say("QUIT\r\n");
    imap!.program.say("a LOGOUT\r\n");
    await pop3!.program.talk([["STLS", "+OK"]]);

    const state = `${alice!.home.folder}/home/.local/state/mailctl`;
    const [password = ""] = Object.values(
      JSON.parse(Deno.readTextFileSync(`${state}/bridge.json`)) as Record<string, string>,
    );
    const pem = Deno.readTextFileSync(`${state}/bridge.crt`);
    const secured = new MailProgram(await startTls(pop3!.socket, pem));
    await secured.talk([["USER alice", "+OK"], [`PASS ${password}`, "+OK 1 messages"]]);
    const text = await multiLine(secured, "RETR 1");
    assert.ok(text.length > 300_000 && text.includes("\r\nSubject: Hello\r\n"));
    await secured.talk([["QUIT", "+OK"]]);
    child.kill("SIGTERM");
    assert.equal((await finish(child)).status, 0);
  },
});

Deno.test({
  name: "a socket of a service manager that the settings do not name is refused",
  ignore: !areInstalled("systemd-socket-activate"),
  fn: async () => {
    await using stage = new Stage();
    const server = await stage.server();
    const [alice] = await stage.people(server, "alice");
    const [other = 0, ...ports] = freePorts(4);
    const child = activate(alice!, [other], ports);
    const socket = await dial(other);
    const { status, err } = await finish(child);
    socket.close();
    assert.equal(status, 78);
    assert.match(err, new RegExp(`Cannot use the socket 127\\.0\\.0\\.1:${other} of the service`));
  },
});

Deno.test("the bridge's units name the ports that it has by itself", async () => {
  const socket = new UnitFile(await Deno.readTextFile(new URL("mailctl-bridge.socket", folder)));
  const { settingTable } = await import("../../src/cli/settings/settings.ts");
  const { bridgeSmtp, bridgeImap, bridgePop3 } = settingTable;
  const own = [bridgeSmtp, bridgeImap, bridgePop3].map(({ fallback }) => fallback);
  assert.deepEqual(socket.all("ListenStream"), own);
});
