/** `mailctl serve` */
import { buildCommand } from "@stricli/core";
import { failAtFileLimit } from "../../files/file_limit.ts";
import { giveUpPrograms } from "../permissions.ts";
import type { Log } from "../../server/log.ts";
import type { Ready, ServeOptions } from "../../server/serve_options.ts";
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import { oneOf, repeatable, switchFlag } from "../flag.ts";
import { ownSignal } from "../terminal/signals.ts";
import { parseDuration, parseKeep } from "../time_format.ts";
import { parseForwarders, parseListen } from "../settings/listen_address.ts";
import { absoluteUrl, dataUrl, keysFolder, runFolder } from "../settings/server_folders.ts";
import { quotaOf } from "../settings/server_quota.ts";
import { settingFlag, Settings, settingSwitch, settingTable } from "../settings/settings.ts";
import { findServiceManager, type ServiceManager } from "../waiting/service_manager.ts";
import { stopSignal } from "../waiting/stop_signal.ts";
import { sizeWithin } from "../../model/size.ts";
import { version } from "../version.ts";
import { host } from "../host.ts";

interface Flags {
  readonly listen: string | undefined;
  readonly data: string | undefined;
  readonly run: string | undefined;
  readonly ephemeral: boolean;
  readonly keys: string | undefined;
  readonly domain: string | undefined;
  readonly maxMessage: string | undefined;
  readonly metrics: string | undefined;
  readonly smtp: string | undefined;
  readonly smtpTls: string | undefined;
  readonly smtpPlainLocal: boolean;
  readonly smtpLegacy: boolean;
  readonly postmaster: string | undefined;
  readonly rotateKey: boolean;
  readonly forwarder: readonly string[] | undefined;
  readonly drain: string | undefined;
  readonly registration: string | undefined;
  readonly directory: string | undefined;
  readonly quota: string | undefined;
  readonly quotaMessages: string | undefined;
  readonly keep: string | undefined;
}

export const examples = [
  "mailctl serve",
  "mailctl serve --listen 0.0.0.0:4465 --domain mail.example --data /srv/mail",
  "mailctl serve --listen 10.0.0.7:4465 --forwarder 10.0.0.5 --drain 10s",
  "mailctl serve --keep 90d --quota 5G --metrics 127.0.0.1:9464",
  "mailctl serve --data postgres://mail@db1,db2/mail --domain mail.example",
  "mailctl serve --rotate-key  # once; then without it",
  "mailctl serve --smtp 0.0.0.0:25 --smtp-tls 0.0.0.0:465 --postmaster alice",
];

export const command = buildCommand({
  docs: {
    brief: "Run the server",
    fullDescription:
      "Run the server until Ctrl-C. The first run makes keys, a certificate and a\n" +
      "database. When it is ready, it prints its address, its domain, and the\n" +
      "fingerprint that clients compare. Clients of the same user on this machine trust\n" +
      "it from then on.\n" +
      "\n" +
      "On a loopback address, anybody can register. On any other, and behind a\n" +
      "forwarder, an invite is needed (see `mailctl admin invite`). --registration\n" +
      "changes that.\n" +
      "\n" +
      "The log goes to stderr: text on a terminal, otherwise a line of JSON for each\n" +
      "event. On SIGINT or SIGTERM the server finishes its work and ends within 5\n" +
      "seconds; a second signal ends it at once. On SIGHUP it reads the certificate,\n" +
      "max-message and keep again. Under systemd (Type=notify), it reports when it is\n" +
      "ready, reloads and stops.\n" +
      "\n" +
      "With --keep, mail that is older is removed from all folders of all mailboxes,\n" +
      "read or not. Sent mail is kept longer: by a day, or by half of TIME if that is\n" +
      "less. Owners get a notice in advance: a week, or a tenth of TIME if that is\n" +
      "less. A message that its recipient has not read is returned to its sender.\n" +
      "\n" +
      "With --forwarder, connections from ADDRESS to --listen, --smtp and --smtp-tls\n" +
      "must begin with a PROXY protocol header, version 1 or 2, as load balancers send\n" +
      "it. Limits and the log then go by the client's address. Connections from other\n" +
      "addresses must not have the header. Repeat the flag for more addresses.\n" +
      "\n" +
      "With --drain, the server goes on for TIME after SIGINT or SIGTERM, then ends.\n" +
      "Meanwhile /health has the status 503, so that a load balancer moves on.\n" +
      "\n" +
      "With --data postgres://USER@HOST[,HOST]/NAME, the server keeps everything in a\n" +
      "PostgreSQL database. Several servers can use the same database, with the same\n" +
      "--keys. Of several hosts, it follows the one that takes writes. It takes the\n" +
      "password from PGPASSWORD, else the file that PGPASSFILE names, else ~/.pgpass.\n" +
      "It uses TLS, except on this machine. For a private authority, add\n" +
      "?sslrootcert=FILE: then it uses TLS on this machine as well.\n" +
      "\n" +
      "With --data memory: and --ephemeral, the server keeps everything in memory, for\n" +
      "tests: all accounts and mail are lost when it ends.\n" +
      "\n" +
      "With --rotate-key, clients that know the old key accept the new one and say so.\n" +
      "\n" +
      "With --smtp, the server accepts mail for its accounts from programs and other\n" +
      "mail servers. It relays nothing. This mail is NOT ENCRYPTED when it arrives, so\n" +
      "the server's administrator could read it. It is encrypted before it is stored,\n" +
      "and shown as unsigned.\n" +
      "\n" +
      "  - A client needs TLS: STARTTLS on --smtp, or TLS from the first byte on\n" +
      "    --smtp-tls, which is for logins only. With --smtp-plain-local, programs on\n" +
      "    this machine need no TLS, but cannot log in without it.\n" +
      "  - Only the account that owns an address of the domain can use it as sender\n" +
      "    and in From, after a login with an application password.\n" +
      "  - Mail for postmaster goes to the account that --postmaster names. RFC 5321\n" +
      "    requires this address, but without --postmaster it does not exist.\n" +
      "  - A logged-in account that asks for a notice of success (DSN) gets it in its\n" +
      "    inbox. Other hosts get no notices.\n" +
      "\n" +
      "--smtp-legacy adds the commands PING, GETUSER and REG, for programs that were\n" +
      "written for them. With REG the server sees the password and makes the account's\n" +
      "secret keys, so its administrator could read the mail. Prefer\n" +
      "`mailctl register`.",
  },
  parameters: {
    flags: {
      listen: settingFlag("listen"),
      data: settingFlag("data"),
      run: settingFlag("run"),
      ephemeral: switchFlag("Keep all data in memory only; requires --data memory:"),
      keys: settingFlag("keys"),
      domain: settingFlag("domain"),
      maxMessage: settingFlag("maxMessage"),
      metrics: settingFlag("metrics"),
      smtp: settingFlag("smtp"),
      smtpTls: settingFlag("smtpTls"),
      smtpPlainLocal: settingSwitch("smtpPlainLocal"),
      smtpLegacy: settingSwitch("smtpLegacy"),
      postmaster: settingFlag("postmaster"),
      rotateKey: switchFlag("Make a new key, signed by the old one; use it for one start"),
      forwarder: repeatable(settingFlag("forwarder")),
      drain: settingFlag("drain"),
      registration: settingFlag("registration"),
      directory: settingFlag("directory"),
      quota: settingFlag("quota"),
      quotaMessages: settingFlag("quotaMessages"),
      keep: settingFlag("keep"),
    },
  },
  func: async ({ forwarder, ...single }: Flags) => {
    const flags = { ...single, forwarder: forwarder?.join(",") };
    const settings = new Settings(flags);
    const [options, { serve }, { stderrLog }] = await Promise.all([
      serveOptions(settings, flags.ephemeral),
      import("../../server/serve.ts"),
      import("../../server/log.ts"),
    ]);
    failAtFileLimit(); // of its log as well
    const log = stderrLog(host.stderr);
    const signal = stopSignal();
    const manager = findServiceManager(
      signal,
      (error) => log.error("cannot tell the service manager", error),
    );
    let current = readChangeable(settings);
    const started = Promise.withResolvers<Ready>();
    onHangUp(log, manager, started.promise, async (ready) => {
      const next = readChangeable(new Settings(flags));
      await ready.reload();
      current = next;
    });
    await serve({
      ...options,
      maxMessageBytes: () => current.maxMessageBytes,
      keepMs: () => current.keepMs,
      rotateKey: flags.rotateKey,
      log,
      software: `mailctl ${version}`,
      signal,
      onReady: async (ready) => {
        await announce(ready, settings);
        giveUpPrograms();
        manager.ready();
        started.resolve(ready);
      },
    });
    await manager.told();
  },
});

const parseRegistration = oneOf("registration", ["open", "invite", "closed"]);
const parseDirectory = oneOf("directory", ["all", "exact"]);

/** What belongs to the process, not to the settings. */
type RunningOption = "log" | "software" | "signal";

/** What the settings say, checked. @throws {MailError} `usage`, `configuration` */
async function serveOptions(
  settings: Settings,
  isEphemeral: boolean,
): Promise<Omit<ServeOptions, RunningOption>> {
  const { parseDomain } = await import("../../model/address.ts");
  const data = dataUrl(settings);
  requireKept(data, isEphemeral);
  const domain = settings.parseSet("domain", parseDomain);
  return {
    listen: settings.parse("listen", parseListen),
    metrics: settings.parseSet("metrics", parseListen),
    keys: keysFolder(settings),
    adminFolder: runFolder(settings),
    data: absoluteUrl(data),
    registration: settings.parseSet("registration", parseRegistration) ?? undefined,
    forwarders: settings.parseSet("forwarder", parseForwarders) ?? [],
    drainMs: settings.parse("drain", (text) => text === "0" ? 0 : parseDuration(text)),
    directory: settings.parse("directory", parseDirectory),
    quota: quotaOf(settings),
    openListener: await smtpOptions(settings),
    openStore: async () => {
      const { openStore } = await import("../../store/open.ts");
      const firstDomain = hostDomain(parseDomain);
      return await openStore(data, { domain, firstDomain, software: `mailctl ${version}` });
    },
  };
}

/** A server whose mail is lost at its end is never started by mistake. @throws {MailError} `configuration` */
function requireKept(data: string, isEphemeral: boolean): void {
  if ((data === "memory:") === isEphemeral) return;
  if (isEphemeral) {
    throw new MailError("configuration", `Cannot use --ephemeral with ${data}: it keeps the mail`, {
      hint: "Use --data memory: with it, or remove --ephemeral.",
    });
  }
  throw new MailError(
    "configuration",
    "Cannot keep mail in memory: it is lost when the server ends",
    {
      hint: "Use --data FOLDER, or add --ephemeral to lose the mail knowingly.",
    },
  );
}

/** How to open SMTP, where it is wanted; without it nothing of it is loaded. @throws {MailError} `usage`, `configuration` */
async function smtpOptions(settings: Settings): Promise<ServeOptions["openListener"]> {
  const { parseName } = await import("../../model/address.ts");
  const reception = {
    smtp: listenAddress(settings, "smtp"),
    submissions: listenAddress(settings, "smtpTls"),
    allowsPlainLocal: settings.isOn("smtpPlainLocal"),
    allowsLegacy: settings.isOn("smtpLegacy"),
    postmaster: settings.parseSet("postmaster", parseName),
  };
  if (reception.smtp === null && reception.submissions === null) return undefined;
  return async (parts) => {
    const { openReception } = await import("../../gateway/reception/listen.ts");
    return openReception({ ...parts, ...reception });
  };
}

function listenAddress(settings: Settings, name: "smtp" | "smtpTls") {
  const address = settings.parseSet(name, parseListen);
  const { flag } = settingTable[name];
  return address && { hostname: address.host, port: address.port, flag: flag ?? undefined };
}

/** The settings that may change while a server runs. @throws {MailError} `usage`, `configuration` */
function readChangeable(settings: Settings): { maxMessageBytes: number; keepMs: number | null } {
  const size = sizeWithin(1024, limits.maxMessageCeilingBytes);
  return {
    maxMessageBytes: settings.parse("maxMessage", size),
    keepMs: settings.parse("keep", parseKeep),
  };
}

/** The host's name where mail could bear it. */
function hostDomain(parseDomain: (text: string) => string): string {
  try {
    return parseDomain(Deno.hostname());
  } catch {
    return "localhost";
  }
}

async function announce(ready: Ready, settings: Settings): Promise<void> {
  const { announceServer } = await import("../admin/announce.ts");
  await announceServer(ready, settings.environment);
}

/** Reloads at every SIGHUP, once it has started. What fails is told in the log, and leaves all as it was. */
function onHangUp(
  log: Log,
  manager: ServiceManager,
  started: Promise<Ready>,
  reload: (ready: Ready) => Promise<void>,
): void {
  const tell = (error: unknown) => log.error("cannot reload", error);
  const reloadNow = (ready: Ready) => manager.reload(() => reload(ready).catch(tell));
  ownSignal("SIGHUP", () => void started.then(reloadNow));
}
