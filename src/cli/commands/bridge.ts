/** `mailctl bridge` */
import { buildCommand } from "@stricli/core";
import type { AccountCard } from "../../client/account.ts";
import type { Bridge, Protocol } from "../../gateway/bridge/bridge.ts";
import { MailError } from "../../model/errors.ts";
import { isLoopback } from "../../model/loopback.ts";
import { aborted } from "../../net/deadline.ts";
import { jsonFlag, oneOf, parsedFlag, switchFlag } from "../flag.ts";
import { type ListenAddress, parseListen } from "../settings/listen_address.ts";
import { say, writeJson, writeLine } from "../terminal/output.ts";
import type { JsonOf } from "../schema/schemas.ts";
import { loginOptions, type SenderFlags, senderFlags } from "../session.ts";
import { settingFlag, Settings, settingTable } from "../settings/settings.ts";
import { findServiceManager } from "../waiting/service_manager.ts";
import { stopSignal } from "../waiting/stop_signal.ts";
import { visibleLine } from "../../model/visible.ts";
import { host } from "../host.ts";

interface Flags extends SenderFlags {
  readonly json: boolean;
  readonly smtp: string | undefined;
  readonly pop3: string | undefined;
  readonly tls: boolean;
  readonly stdio: Protocol | undefined;
  readonly peek: boolean;
  readonly newPassword: boolean;
}

export const examples = [
  "mailctl bridge",
  "mailctl bridge --pop3 127.0.0.1:1110 --smtp 127.0.0.1:1587 --tls",
  "mailctl bridge --stdio pop3    # for a program that starts this one itself",
];

export const command = buildCommand({
  docs: {
    brief: "Read and send mail with any mail program",
    fullDescription:
      "Run SMTP and POP3 on this machine for a mail program, until Ctrl-C. Prints what to type\n" +
      "into the program: host, port, user and a random password, which stays the same from run to\n" +
      "run; so do the account's application passwords of scope bridge (mailctl app-password). Mail is\n" +
      "opened and sealed here: the server never sees it. Only loopback addresses are taken; other\n" +
      "users of the machine reach them too, and need the password. TLS may be used (STARTTLS, STLS;\n" +
      "with --tls from the first byte) with a certificate of the bridge's own.\n" +
      "\n" +
      "What programs are given begins with the fields Mailctl-Outcome (verified, signed, unknown;\n" +
      "notice, imported or unsigned where nobody signed), Mailctl-Sender and Mailctl-Fingerprint;\n" +
      "such fields of others are written over, and so is a From that is not who signed. A note stands\n" +
      "for a message that does not verify, or whose sender's key changed. What a program fetches is\n" +
      "marked as read, without a receipt, and erased where it burns (TOP gives its headers alone);\n" +
      "what it deletes is gone for good, a note excepted.\n" +
      "\n" +
      "What programs send goes out as by sendmail, without a queue: a program is told that it was\n" +
      "sent once the server has it, and may hand it in again under the same Message-ID.",
  },
  parameters: {
    flags: {
      json: jsonFlag,
      smtp: settingFlag("bridgeSmtp"),
      pop3: settingFlag("bridgePop3"),
      tls: switchFlag("Begin with TLS, as programs call SSL/TLS"),
      stdio: parsedFlag(
        "smtp|pop3",
        "Speak on stdin and stdout, without a password",
        oneOf<Protocol>("a protocol", ["smtp", "pop3"]),
      ),
      peek: switchFlag("Do not mark as read what a program fetches"),
      newPassword: switchFlag("Make another password; the one before is gone"),
      ...senderFlags,
    },
  },
  func: async (flags: Flags) => {
    const where = addresses(flags);
    const options = await loginOptions(flags);
    const [{ openMailbox }, { Bridge }, secrets] = await Promise.all([
      import("../../client/open_mailbox.ts"),
      import("../../gateway/bridge/bridge.ts"),
      import("../../gateway/bridge/secrets.ts"),
    ]);
    const mailbox = await openMailbox(options);
    const account = await mailbox.account().finally(() => mailbox.close());
    const { folder } = options.state;
    const base = {
      mailbox,
      account,
      folder,
      marksRead: !flags.peek,
      now: host.now,
      onTrouble: sayTrouble,
    };
    if (flags.stdio !== undefined) {
      const { StdioConnection } = await import("../sendmail/stdio_connection.ts");
      const bridge = new Bridge({ ...base, password: null, identity: null });
      return await bridge.speak(flags.stdio, new StdioConnection());
    }
    const isNew = flags.newPassword;
    const password = await secrets.bridgePassword(folder, `${account.address}`, { isNew });
    const { identity, path: certificate } = await secrets.bridgeCertificate(folder, host.now());
    const bridge = new Bridge({ ...base, password, identity });
    await run(bridge, flags, where, { account, password, certificate });
  },
});

/** Listens, tells where, and waits for the end. */
async function run(
  bridge: Bridge,
  { json, tls }: Flags,
  where: Readonly<Record<Protocol, ListenAddress>>,
  { account, password, certificate }: {
    account: AccountCard;
    password: string;
    certificate: string;
  },
): Promise<void> {
  const signal = stopSignal();
  const manager = findServiceManager(signal);
  const listen = (protocol: Protocol) =>
    bridge.listen(protocol, { ...where[protocol], flag: `--${protocol}`, isImplicit: tls });
  const smtp = listen("smtp");
  const pop3 = listen("pop3");
  const { address } = account;
  const facts = {
    smtp: { host: smtp.hostname, port: smtp.port, security: tls ? "tls" : "starttls" },
    pop3: { host: pop3.hostname, port: pop3.port, security: tls ? "tls" : "starttls" },
    user: address,
    password,
    certificate,
    address,
  } as const;
  await (json ? writeJson(facts) : writeSettings(facts));
  manager.ready();
  await aborted(signal);
  smtp.close();
  pop3.close();
  await manager.told();
}

/** Writes what to type into a program, a line each. */
async function writeSettings(facts: JsonOf<"bridge">): Promise<void> {
  const { smtp, pop3, user, password, certificate } = facts;
  const lines: readonly (readonly [string, string | number])[] = [
    ["smtp host", smtp.host],
    ["smtp port", smtp.port],
    ["pop3 host", pop3.host],
    ["pop3 port", pop3.port],
    ["security", smtp.security === "tls" ? "SSL/TLS" : "none or STARTTLS"],
    ["user", user],
    ["password", password],
    ["certificate", certificate],
  ];
  for (const [name, value] of lines) await writeLine(`${name}\t${visibleLine(String(value))}`);
}

/** @throws {MailError} `usage`, `configuration` for an address that others reach */
function addresses({ smtp, pop3 }: Flags): Record<Protocol, ListenAddress> {
  const settings = new Settings({ bridgeSmtp: smtp, bridgePop3: pop3 });
  return {
    smtp: settings.parse("bridgeSmtp", settingTable.bridgeSmtp.fallback ?? "", parseLoopback),
    pop3: settings.parse("bridgePop3", settingTable.bridgePop3.fallback ?? "", parseLoopback),
  };
}

function parseLoopback(text: string): ListenAddress {
  const address = parseListen(text);
  if (isLoopback(address.host)) return address;
  throw new MailError("usage", `Cannot bridge on ${address.host}: other machines would reach it`, {
    hint: "Use 127.0.0.1:PORT; mail is in the clear there.",
  });
}

function sayTrouble(error: unknown): void {
  say(`Cannot go on with a mail program: ${error instanceof Error ? error.message : error}`);
  if (host.env.get("MAILCTL_DEBUG") && error instanceof Error) say(error.stack ?? "");
}
