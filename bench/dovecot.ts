/** Dovecot on a mailbox of its own, on loopback, for as long as something is measured beside it. */

import type { ImapPlace } from "./imap_talk.ts";

const [user, password] = ["peer", "password"];

/** A server that listens, and has this many messages. */
export interface Dovecot {
  /** Lists what is in its mailbox, up to 50, by a process of curl: over TLS, as `inbox` does. */
  list(): Promise<boolean>;
  /** Where it can be had without TLS. */
  readonly imap: ImapPlace;
  stop(): Promise<void>;
}

/** More than that curl does not take as an answer. */
const mostListed = 50;

/** It keeps no mail for root. */
const nobody = 65_534;
const owner = Deno.uid() === 0
  ? { uid: nobody, gid: nobody }
  : { uid: Deno.uid()!, gid: Deno.gid()! };

/** Starts one in a folder of its own. @throws {Error} where it does not answer within ten seconds */
export async function startDovecot(messages: readonly string[]): Promise<Dovecot> {
  const folder = await Deno.makeTempDir({ prefix: "mailctl-dovecot-" });
  await Deno.chmod(folder, 0o755);
  for (const name of ["", "/new", "/cur", "/tmp"]) await makeOwn(`${folder}/mail${name}`);
  for (const [at, message] of messages.entries()) {
    const path = `${folder}/mail/new/${at + 1}.1.example`;
    await Deno.writeTextFile(path, message);
    await Deno.chown(path, owner.uid, owner.gid);
  }
  await ownCertificate(folder);
  const [port, plainPort] = [freePort(), freePort()];
  const configuration = `${folder}/dovecot.conf`;
  await Deno.writeTextFile(configuration, configure(folder, port, plainPort));
  const process = new Deno.Command("dovecot", {
    args: ["-F", "-c", configuration],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const list = () => fetchList(port, Math.min(messages.length, mostListed));
  const imap = { port: plainPort, user, password };
  const dovecot = { list, imap, stop: () => stop(process, folder) };
  for (const begun = performance.now(); !await list();) {
    if (performance.now() > begun + 10_000) {
      await dovecot.stop();
      throw new Error("dovecot does not answer");
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return dovecot;
}

function configure(folder: string, port: number, plainPort: number): string {
  return `base_dir = ${folder}/run
state_dir = ${folder}/state
log_path = ${folder}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
disable_plaintext_auth = no
ssl_cert = <${folder}/certificate.pem
ssl_key = <${folder}/key.pem
mail_location = maildir:${folder}/mail
first_valid_uid = 0
passdb {
  driver = static
  args = user=${user} password=${password}
}
userdb {
  driver = static
  args = uid=${owner.uid} gid=${owner.gid} home=${folder}
}
service imap-login {
  inet_listener imap {
    port = ${plainPort}
  }
  inet_listener imaps {
    port = ${port}
    ssl = yes
  }
}
`;
}

async function ownCertificate(folder: string): Promise<void> {
  const files = ["-keyout", `${folder}/key.pem`, "-out", `${folder}/certificate.pem`];
  const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const made = await succeeds("openssl", ["req", ...kind, "-subj", "/CN=localhost", ...files]);
  if (!made) throw new Error("openssl made no certificate");
}

function fetchList(port: number, messages: number): Promise<boolean> {
  const command = `FETCH 1:${messages} (UID FLAGS INTERNALDATE ENVELOPE)`;
  const url = `imaps://127.0.0.1:${port}/INBOX`;
  return succeeds("curl", [
    "--silent",
    "--insecure",
    "--user",
    `${user}:${password}`,
    "-X",
    command,
    url,
  ]);
}

async function succeeds(program: string, args: readonly string[]): Promise<boolean> {
  const pipes = { stdin: "null", stdout: "null", stderr: "null" } as const;
  return (await new Deno.Command(program, { args: [...args], ...pipes }).output()).success;
}

async function stop(process: Deno.ChildProcess, folder: string): Promise<void> {
  process.kill("SIGTERM");
  await process.status;
  await Deno.remove(folder, { recursive: true });
}

async function makeOwn(folder: string): Promise<void> {
  await Deno.mkdir(folder);
  await Deno.chown(folder, owner.uid, owner.gid);
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
