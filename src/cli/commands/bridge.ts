/** `mailctl bridge` */
import { buildCommand } from "@stricli/core";
import { giveUpPrograms } from "../permissions.ts";
import type { AccountCard } from "../../client/account.ts";
import type { LoginOptions } from "../../client/account/log_in.ts";
import { loadSyncCrypto } from "../../crypto/load_sync_crypto.ts";
import type { ListeningForPrograms } from "../../gateway/listen.ts";
import type { Bridge, BridgeOptions, Protocol } from "../../gateway/bridge/bridge.ts";
import { formatAddress, parseAddress } from "../../model/address.ts";
import { isFailure, MailError } from "../../model/errors.ts";
import { isLoopback } from "../../model/loopback.ts";
import type { SocketSource } from "../../net/byte_socket.ts";
import { aborted } from "../../net/deadline.ts";
import { formatHostPort } from "../../net/host_port.ts";
import { jsonFlag, oneOf, parsedFlag, switchFlag } from "../flag.ts";
import { type ListenAddress, parseListen } from "../settings/listen_address.ts";
import { say, writeJson, writeLine } from "../terminal/output.ts";
import type { JsonOf } from "../schema/schemas.ts";
import { loginOptions, type SenderFlags, senderFlags } from "../session.ts";
import { settingFlag, Settings } from "../settings/settings.ts";
import { findServiceManager } from "../waiting/service_manager.ts";
import { stopSignal } from "../waiting/stop_signal.ts";
import { visible, visibleLine } from "../../model/visible_text.ts";
import { host } from "../host.ts";

interface Flags extends SenderFlags {
  readonly json: boolean;
  readonly imap: string | undefined;
  readonly smtp: string | undefined;
  readonly pop3: string | undefined;
  readonly tls: boolean;
  readonly stdio: Protocol | undefined;
  readonly peek: boolean;
  readonly queue: boolean;
  readonly newPassword: boolean;
}

export const examples = [
  "mailctl bridge",
  "mailctl bridge --imap 127.0.0.1:1993 --smtp 127.0.0.1:1587 --tls",
  "mailctl bridge --stdio imap    # for a program that starts this one itself",
];

export const command = buildCommand({
  docs: {
    brief: "Connect a mail program to your mailbox",
    fullDescription:
      "Run IMAP, POP3 and SMTP on this machine for a mail program such as Thunderbird,\n" +
      "until Ctrl-C. Mail is encrypted and decrypted here, so the server never sees it.\n" +
      "\n" +
      "Prints what to enter in the program: host, port, security, certificate, user\n" +
      "and password. The password is random and stays the same at every start. The\n" +
      "account's application passwords with scope bridge work as well (see `mailctl\n" +
      "help app-password`).\n" +
      "\n" +
      "Only loopback addresses are possible. Other users of this machine can reach\n" +
      "them, and can take the port while the bridge does not run. So use TLS with the\n" +
      "certificate that is named (STARTTLS, STLS; with --tls from the first byte). A\n" +
      "program without TLS can log in by SCRAM-SHA-256 or APOP: it proves the password\n" +
      "of the bridge and does not send it.\n" +
      "\n" +
      "A message that a program fetches begins with the fields Mailctl-Sender (the\n" +
      "account that signed it, or `unsigned`) and Mailctl-Fingerprint. A message that\n" +
      "you imported does not. The bridge overwrites such fields of others, and a From\n" +
      "that is not the signer. The subject of a message that the account in From did\n" +
      "not sign begins with [unsigned] or [invalid]. A message with an invalid\n" +
      "signature, or from a sender whose key changed, is replaced by a note.\n" +
      "\n" +
      "By IMAP a program has your folders, flags and search. It hears of new mail and\n" +
      "of changes by other programs at once. Reading a message marks it as read, and\n" +
      "gives no receipt. A message that burns is a note there: `mailctl read` shows the\n" +
      "message once. A message that is expunged is gone for good.\n" +
      "\n" +
      "By POP3 a program has the inbox. A fetched message is marked as read, without a\n" +
      "receipt, and erased if it burns. TOP fetches only the header of such a message.\n" +
      "A message that a program deletes is gone for good.\n" +
      "\n" +
      "A message is sent as by `mailctl sendmail`, but without a queue. The program is\n" +
      "told that it is sent once the server has it. Sending it again with the same\n" +
      "Message-ID is safe. With --queue, a message that cannot be sent now waits, not\n" +
      "encrypted, in the queue of `mailctl queue`, and is sent once the server can be\n" +
      "reached.",
  },
  parameters: {
    flags: {
      json: jsonFlag,
      imap: settingFlag("bridgeImap"),
      smtp: settingFlag("bridgeSmtp"),
      pop3: settingFlag("bridgePop3"),
      tls: switchFlag("Use TLS from the first byte (SSL/TLS in mail programs)"),
      stdio: parsedFlag(
        "imap|pop3|smtp",
        "Speak imap, pop3 or smtp on stdin and stdout, without a password",
        oneOf<Protocol>("a protocol", ["imap", "pop3", "smtp"]),
      ),
      peek: switchFlag("Leave fetched messages unread"),
      queue: switchFlag("Keep messages in a queue while the server cannot be reached"),
      newPassword: switchFlag("Replace the password of the bridge"),
      ...senderFlags,
    },
  },
  func: async (flags: Flags) => {
    const where = addresses(flags);
    const options = await loginOptions(flags);
    const [{ followSavedLogin, openMailbox }, { Bridge }, secrets] = await Promise.all([
      import("../../client/open_mailbox.ts"),
      import("../../gateway/bridge/bridge.ts"),
      import("../../gateway/bridge/secrets.ts"),
    ]);
    await loadSyncCrypto();
    const mailbox = await openMailbox(options);
    mailbox.requireAllowed("checkAppPassword"); // mail programs both read and send
    giveUpPrograms();
    const account = await mailbox.account().finally(() => mailbox.close());
    const { folder } = options.state;
    const base = {
      mailbox,
      reopen: (await followSavedLogin(options)).reopen,
      account,
      folder,
      marksRead: !flags.peek,
      queue: flags.queue ? await queueOf(options) : null,
      now: host.now,
      onTrouble: sayTrouble,
    };
    if (flags.stdio !== undefined) {
      const { StdioConnection } = await import("../sendmail/stdio_connection.ts");
      const bridge = new Bridge({ ...base, password: null, identity: null });
      const speaking = bridge.speak(flags.stdio, new StdioConnection());
      return await speaking.finally(() => bridge.close());
    }
    const isNew = flags.newPassword;
    const password = await secrets.bridgePassword(folder, account.address, { isNew });
    const { identity, path: certificate } = await secrets.bridgeCertificate(folder, host.now());
    const bridge = new Bridge({ ...base, password, identity });
    const sources = await inheritedSockets(where);
    await run(bridge, flags, { where, sources }, { account, password, certificate });
  },
});

/** The queue of `sendmail`: what waits in one is sent by the other as well. */
async function queueOf({ state, server, name }: LoginOptions): Promise<BridgeOptions["queue"]> {
  const [{ Spool }, { formatTrusted }, { sayKept }] = await Promise.all([
    import("../../client/submission/spool.ts"),
    import("../../client/connection/server_address.ts"),
    import("../sendmail/submit_or_queue.ts"),
  ]);
  const account = { server: formatTrusted(server), user: formatAddress(parseAddress(name)) };
  return { spool: new Spool(state.folder), account, onFailed: sayKept };
}

/** Listens, tells where, and waits for the end. */
async function run(
  bridge: Bridge,
  { json, tls }: Flags,
  { where, sources }: {
    where: Readonly<Record<Protocol, ListenAddress>>;
    sources: Readonly<Partial<Record<Protocol, SocketSource>>>;
  },
  { account, password, certificate }: {
    account: AccountCard;
    password: string;
    certificate: string;
  },
): Promise<void> {
  const signal = stopSignal();
  const manager = findServiceManager(signal);
  const listen = (protocol: Protocol) =>
    bridge.listen(protocol, {
      ...where[protocol],
      flag: `--${protocol}`,
      isImplicit: tls,
      source: sources[protocol],
    });
  const { smtp, pop3, imap } = listenAll(listen, where);
  const security = tls ? "tls" : "starttls";
  const { address } = account;
  const facts = {
    smtp: { host: smtp.hostname, port: smtp.port, security },
    imap: { host: imap.hostname, port: imap.port, security },
    pop3: { host: pop3.hostname, port: pop3.port, security },
    user: address,
    password,
    certificate,
    address,
  } as const;
  await (json ? writeJson(facts) : writeSettings(facts));
  manager.ready();
  await aborted(signal);
  for (const listening of [smtp, pop3, imap]) listening.close();
  bridge.close();
  await manager.told();
}

/** Takes an address for each protocol. @throws {MailError} naming all that are in use */
function listenAll(
  listen: (protocol: Protocol) => ListeningForPrograms,
  where: Readonly<Record<Protocol, ListenAddress>>,
): Record<Protocol, ListeningForPrograms> {
  const open: Partial<Record<Protocol, ListeningForPrograms>> = {};
  const inUse: [protocol: Protocol, error: MailError][] = [];
  for (const protocol of ["smtp", "pop3", "imap"] as const) {
    try {
      open[protocol] = listen(protocol);
    } catch (error) {
      if (!isFailure(error, "unavailable")) throw error;
      inUse.push([protocol, error]);
    }
  }
  const [first, ...others] = inUse;
  if (first === undefined) return open as Record<Protocol, ListeningForPrograms>;
  if (others.length === 0) throw first[1];
  const addresses = inUse.map(([name]) => formatHostPort(where[name].host, where[name].port));
  const flags = inUse.map(([name]) => `--${name} HOST:PORT`);
  throw new MailError(
    "unavailable",
    `Cannot listen on ${addresses.join(", ")}: other programs use the addresses`,
    { hint: `Stop the bridge that runs, or use other addresses with ${flags.join(", ")}.` },
  );
}

/** For programs that cannot do TLS. */
const fallback = ["without TLS", "APOP or SCRAM-SHA-256 (encrypted password)"] as const;

/** Writes what to type into a program, a line each. */
async function writeSettings(facts: JsonOf<"bridge">): Promise<void> {
  const { smtp, imap, pop3, user, password, certificate } = facts;
  const lines: readonly (readonly [string, string | number])[] = [
    ["smtp host", smtp.host],
    ["smtp port", smtp.port],
    ["imap host", imap.host],
    ["imap port", imap.port],
    ["pop3 host", pop3.host],
    ["pop3 port", pop3.port],
    ["security", smtp.security === "tls" ? "SSL/TLS" : "STARTTLS"],
    ["certificate", certificate],
    ["user", user],
    ["password", password],
    ...smtp.security === "tls" ? [] : [fallback],
  ];
  for (const [name, value] of lines) {
    await writeLine(visible`${visibleLine(name)}\t${visibleLine(String(value))}`);
  }
}

/**
 * Takes the sockets that a service manager opened, and finds by their addresses which protocol each is for.
 * @throws {MailError} `configuration` for a socket at another address
 */
async function inheritedSockets(where: Readonly<Record<Protocol, ListenAddress>>) {
  const sources: Partial<Record<Protocol, SocketSource>> = {};
  if (host.env.get("LISTEN_FDS") === undefined) return sources;
  const { takeInheritedSockets } = await import("../../net/inherited_sockets.ts");
  for (const source of await takeInheritedSockets(host.env, Deno.pid)) {
    const { hostname, port } = source;
    const protocol = (["smtp", "pop3", "imap"] as const)
      .find((each) => where[each].host === hostname && where[each].port === port);
    if (protocol === undefined) {
      throw new MailError(
        "configuration",
        `Cannot use the socket ${hostname}:${port} of the service manager: it is not in the settings`,
        { hint: "Use the same addresses for ListenStream= and for --smtp, --imap and --pop3." },
      );
    }
    sources[protocol] = source;
  }
  return sources;
}

/** @throws {MailError} `usage`, `configuration` for an address that others reach */
function addresses({ smtp, pop3, imap }: Flags): Record<Protocol, ListenAddress> {
  const settings = new Settings({ bridgeSmtp: smtp, bridgePop3: pop3, bridgeImap: imap });
  return {
    smtp: settings.parse("bridgeSmtp", parseLoopback),
    imap: settings.parse("bridgeImap", parseLoopback),
    pop3: settings.parse("bridgePop3", parseLoopback),
  };
}

function parseLoopback(text: string): ListenAddress {
  const address = parseListen(text);
  if (isLoopback(address.host)) return address;
  throw new MailError(
    "usage",
    `Cannot listen on ${address.host}: other machines could reach the bridge`,
    {
      hint: "Use 127.0.0.1:PORT.",
    },
  );
}

function sayTrouble(error: unknown): void {
  say(`Cannot serve a mail program: ${error instanceof Error ? error.message : error}`);
  if (host.env.get("MAILCTL_DEBUG") && error instanceof Error) say(error.stack ?? "");
}
