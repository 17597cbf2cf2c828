/**
 * Every setting in one table: it makes the flags, the help and docs/reference.md, and decides where a value
 * comes from. A flag wins over a variable, a variable over a credential, a credential over the configuration file.
 */
import { limits } from "../../model/limits.ts";
import { MailError } from "../../model/errors.ts";
import { type ConfigFile, type Found, readConfigFile } from "./config_file.ts";
import { credentialPath } from "./credential.ts";
import { type Environment } from "./folders.ts";
import { switchFlag, textFlag } from "../flag.ts";
import { host } from "../host.ts";

/** One thing that can be set, and how. Null: not that way. */
export interface Setting {
  readonly flag: string | null;
  readonly placeholder: string;
  readonly variable: string | null;
  readonly key: string | null;
  /** The name of a credential of systemd that is the file. */
  readonly credential?: string;
  /** It is a secret, or leads to one: no program that is started may see it. */
  readonly secret?: true;
  /** The value where nobody sets it; null: there is none. */
  readonly fallback: string | null;
  /** In words, for help: what holds then in the place of one. */
  readonly otherwise?: string;
  readonly meaning: string;
}

/** Where a server listens, and where a client looks for one. */
export const usualServer = "127.0.0.1:4465";

const table = {
  server: {
    flag: "--server",
    placeholder: "HOST:PORT",
    variable: "MAILCTL_SERVER",
    key: "server",
    fallback: null,
    otherwise: `that of the saved login, else the only known one, else ${usualServer}`,
    meaning: "Use the server at HOST:PORT[#FINGERPRINT]",
  },
  user: {
    flag: "--user",
    placeholder: "NAME",
    variable: "MAILCTL_USER",
    key: "user",
    fallback: null,
    otherwise: "that of the saved login",
    meaning: "Use the account NAME",
  },
  passwordFile: {
    flag: "--password-file",
    placeholder: "FILE",
    variable: "MAILCTL_PASSWORD_FILE",
    key: "password-file",
    credential: "mailctl.password",
    fallback: null,
    meaning: "Read the password from the first line of FILE (mode 0600)",
    secret: true,
  },
  passwordStdin: {
    flag: "--password-stdin",
    placeholder: "",
    variable: null,
    key: null,
    fallback: null,
    meaning: "Read the password from the first line of stdin",
  },
  password: {
    flag: null,
    placeholder: "TEXT",
    variable: "MAILCTL_PASSWORD",
    key: null,
    fallback: null,
    otherwise: "ask on a terminal",
    meaning: "Use this password",
    secret: true,
  },
  passwordCommand: {
    flag: null,
    placeholder: "COMMAND",
    variable: "MAILCTL_PASSWORD_COMMAND",
    key: "password-command",
    fallback: null,
    meaning: "Run this program, use its first line as password (no shell)",
    secret: true,
  },
  newPasswordFile: {
    flag: "--new-password-file",
    placeholder: "FILE",
    variable: "MAILCTL_NEW_PASSWORD_FILE",
    key: null,
    credential: "mailctl.new-password",
    fallback: null,
    meaning: "Read the new password from the first line of FILE (mode 0600)",
    secret: true,
  },
  newPassword: {
    flag: null,
    placeholder: "TEXT",
    variable: "MAILCTL_NEW_PASSWORD",
    key: null,
    fallback: null,
    otherwise: "ask twice on a terminal",
    meaning: "Use this new password, for passwd and account recover",
    secret: true,
  },
  passphraseFile: {
    flag: "--passphrase-file",
    placeholder: "FILE",
    variable: "MAILCTL_PASSPHRASE_FILE",
    key: null,
    credential: "mailctl.passphrase",
    fallback: null,
    meaning: "Read the passphrase from the first line of FILE (mode 0600)",
    secret: true,
  },
  passphrase: {
    flag: null,
    placeholder: "TEXT",
    variable: "MAILCTL_PASSPHRASE",
    key: null,
    fallback: null,
    otherwise: "ask on a terminal",
    meaning: "Use this passphrase for a key file",
    secret: true,
  },
  home: {
    flag: null,
    placeholder: "DIR",
    variable: "MAILCTL_HOME",
    key: null,
    fallback: null,
    otherwise: "the XDG folders",
    meaning: "Keep settings, logins and data in this folder",
  },
  requireVerified: {
    flag: "--require-verified",
    placeholder: "",
    variable: "MAILCTL_REQUIRE_VERIFIED",
    key: "require-verified",
    fallback: "no",
    meaning: "Refuse to send to a key that you have not verified",
  },
  aliases: {
    flag: null,
    placeholder: "FILE",
    variable: "MAILCTL_ALIASES",
    key: "aliases",
    fallback: null,
    meaning: "Find recipients of sendmail in FILE, as aliases(5) has them",
  },
  receipts: {
    flag: "--no-receipt",
    placeholder: "",
    variable: "MAILCTL_RECEIPTS",
    key: "receipts",
    fallback: "yes",
    meaning: "Send receipts when you read messages; --no-receipt means no",
  },
  listen: {
    flag: "--listen",
    placeholder: "HOST:PORT",
    variable: "MAILCTL_LISTEN",
    key: "listen",
    fallback: usualServer,
    meaning: "Listen for clients on HOST:PORT",
  },
  data: {
    flag: "--data",
    placeholder: "DIR|URL",
    variable: "MAILCTL_DATA",
    key: "data",
    fallback: null,
    otherwise: "$XDG_DATA_HOME/mailctl/data",
    meaning: "Use the database in DIR, or at URL (postgres://USER@HOST/NAME)",
  },
  run: {
    flag: "--run",
    placeholder: "DIR",
    variable: "MAILCTL_RUN",
    key: "run",
    fallback: null,
    otherwise: "that of --data, else $XDG_DATA_HOME/mailctl/run",
    meaning: "Use the socket for `mailctl admin` in DIR",
  },
  keys: {
    flag: "--keys",
    placeholder: "DIR",
    variable: "MAILCTL_KEYS",
    key: "keys",
    fallback: null,
    otherwise: "$XDG_DATA_HOME/mailctl/keys",
    meaning: "Use the server's keys and certificate in DIR",
  },
  domain: {
    flag: "--domain",
    placeholder: "NAME",
    variable: "MAILCTL_DOMAIN",
    key: "domain",
    fallback: null,
    otherwise: "the host's name at the first start, then unchanged",
    meaning: "Use NAME as the domain of all accounts, after the @",
  },
  maxMessage: {
    flag: "--max-message",
    placeholder: "SIZE",
    variable: "MAILCTL_MAX_MESSAGE",
    key: "max-message",
    fallback: `${limits.maxMessageBytes / 1024 / 1024}M`,
    meaning: "Refuse messages larger than SIZE: bytes, or 64K, 25M, 1G",
  },
  metrics: {
    flag: "--metrics",
    placeholder: "HOST:PORT",
    variable: "MAILCTL_METRICS",
    key: "metrics",
    fallback: null,
    meaning: "Serve /metrics (this machine only) and /health on HOST:PORT",
  },
  smtp: {
    flag: "--smtp",
    placeholder: "HOST:PORT",
    variable: "MAILCTL_SMTP",
    key: "smtp",
    fallback: null,
    meaning: "Accept mail by SMTP on HOST:PORT; it arrives unencrypted",
  },
  smtpTls: {
    flag: "--smtp-tls",
    placeholder: "HOST:PORT",
    variable: "MAILCTL_SMTP_TLS",
    key: "smtp-tls",
    fallback: null,
    meaning: "Accept SMTP over TLS on HOST:PORT, for logins only",
  },
  smtpPlainLocal: {
    flag: "--smtp-plain-local",
    placeholder: "",
    variable: "MAILCTL_SMTP_PLAIN_LOCAL",
    key: "smtp-plain-local",
    fallback: "no",
    meaning: "Accept SMTP without TLS from programs on this machine",
  },
  smtpLegacy: {
    flag: "--smtp-legacy",
    placeholder: "",
    variable: "MAILCTL_SMTP_LEGACY",
    key: "smtp-legacy",
    fallback: "no",
    meaning: "Offer PING, GETUSER and REG; REG shows the server passwords",
  },
  postmaster: {
    flag: "--postmaster",
    placeholder: "NAME",
    variable: "MAILCTL_POSTMASTER",
    key: "postmaster",
    fallback: null,
    meaning: "Deliver SMTP mail for postmaster to the account NAME",
  },
  forwarder: {
    flag: "--forwarder",
    placeholder: "ADDRESS",
    variable: "MAILCTL_FORWARDER",
    key: "forwarder",
    fallback: null,
    meaning: "Expect a PROXY header from ADDRESS, as 10.0.0.5 or 10.0.0.0/24",
  },
  drain: {
    flag: "--drain",
    placeholder: "TIME",
    variable: "MAILCTL_DRAIN",
    key: "drain",
    fallback: "0",
    meaning: "Serve on for TIME (10s, 1m) after SIGTERM, with /health at 503",
  },
  registration: {
    flag: "--registration",
    placeholder: "open|invite|closed",
    variable: "MAILCTL_REGISTRATION",
    key: "registration",
    fallback: null,
    otherwise: "open on loopback without --forwarder, else invite",
    meaning: "Let anybody register, or only with an invite, or nobody",
  },
  directory: {
    flag: "--directory",
    placeholder: "all|exact",
    variable: "MAILCTL_DIRECTORY",
    key: "directory",
    fallback: "exact",
    meaning: "Let accounts find all names, or only exact ones",
  },
  quota: {
    flag: "--quota",
    placeholder: "SIZE",
    variable: "MAILCTL_QUOTA",
    key: "quota",
    fallback: `${limits.mailboxBytes / 1024 ** 3}G`,
    meaning: "Limit each mailbox to SIZE; 0 means no limit",
  },
  quotaMessages: {
    flag: "--quota-messages",
    placeholder: "COUNT",
    variable: "MAILCTL_QUOTA_MESSAGES",
    key: "quota-messages",
    fallback: String(limits.mailboxMessages),
    meaning: "Limit each mailbox to COUNT messages; 0 means no limit",
  },
  keep: {
    flag: "--keep",
    placeholder: "TIME",
    variable: "MAILCTL_KEEP",
    key: "keep",
    fallback: "0",
    meaning: "Remove mail older than TIME: 36h, 90d, 12w, 1y; 0 keeps it",
  },
  bridgeSmtp: {
    flag: "--smtp",
    placeholder: "HOST:PORT",
    variable: "MAILCTL_BRIDGE_SMTP",
    key: "bridge-smtp",
    fallback: "127.0.0.1:4587",
    meaning: "Accept mail from programs on HOST:PORT (loopback only)",
  },
  bridgeImap: {
    flag: "--imap",
    placeholder: "HOST:PORT",
    variable: "MAILCTL_BRIDGE_IMAP",
    key: "bridge-imap",
    fallback: "127.0.0.1:4143",
    meaning: "Offer IMAP to programs on HOST:PORT (loopback only)",
  },
  bridgePop3: {
    flag: "--pop3",
    placeholder: "HOST:PORT",
    variable: "MAILCTL_BRIDGE_POP3",
    key: "bridge-pop3",
    fallback: "127.0.0.1:4110",
    meaning: "Offer POP3 to programs on HOST:PORT (loopback only)",
  },
  invite: {
    flag: "--invite",
    placeholder: "STRING",
    variable: "MAILCTL_INVITE",
    key: null,
    fallback: null,
    meaning: "Register with the invite STRING (- for stdin)",
    secret: true,
  },
  inviteFile: {
    flag: "--invite-file",
    placeholder: "FILE",
    variable: null,
    key: null,
    credential: "mailctl.invite",
    fallback: null,
    meaning: "Read the invite from FILE (mode 0600)",
    secret: true,
  },
  pager: {
    flag: null,
    placeholder: "COMMAND",
    variable: "PAGER",
    key: "pager",
    fallback: null,
    otherwise: "less",
    meaning: "Show messages with this program, on a terminal",
  },
  noColor: {
    flag: null,
    placeholder: "1",
    variable: "NO_COLOR",
    key: null,
    fallback: null,
    meaning: "Write no bold text on a terminal",
  },
  debug: {
    flag: null,
    placeholder: "1",
    variable: "MAILCTL_DEBUG",
    key: null,
    fallback: null,
    meaning: "Show where an internal error came from",
  },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof table;

/** Those that always have a value. */
type DefaultedSetting = {
  [N in SettingName]: (typeof table)[N]["fallback"] extends string ? N : never;
}[SettingName];

export const settingTable: Readonly<Record<SettingName, Setting>> = table;

/** Variables that hold a secret, or tell where one is. */
export const secretVariables: readonly string[] = Object.values(settingTable)
  .filter(({ secret }) => secret)
  .map(({ variable }) => variable)
  .filter((variable) => variable !== null);

/** Flags as a command was given them; those that are settings have the names of the table. */
export type GivenFlags = Readonly<Partial<Record<SettingName, string | boolean | undefined>>>;

/** Answers what a setting is, for one run of a command. */
export class Settings {
  readonly environment: Environment;
  readonly #flags: GivenFlags;
  readonly #file: ConfigFile;

  /** Reads the configuration file. @throws {MailError} `configuration` */
  constructor(flags: GivenFlags, environment: Environment = host.env) {
    this.environment = environment;
    this.#flags = flags;
    this.#file = readConfigFile(environment, configKeys());
  }

  /** Finds a setting; null where nobody set it. An empty variable is an unset one. */
  find(name: SettingName): Found | null {
    const { flag, variable, key, credential } = settingTable[name];
    const given = this.#flags[name];
    if (flag && typeof given === "string") return { value: given, from: flag, way: "flag" };
    const exported = variable && this.environment.get(variable);
    if (variable && exported) return { value: exported, from: variable, way: "variable" };
    const path = credential ? credentialPath(this.environment, credential) : null;
    if (path !== null) return { value: path, from: `credential ${credential}`, way: "credential" };
    return key ? this.#file.get(key) ?? null : null;
  }

  /** Tells whether a switch is on. @throws {MailError} `configuration` for what is neither yes nor no */
  isOn(name: DefaultedSetting): boolean {
    return this.#flags[name] === true || this.parse(name, parseSwitch);
  }

  /** Finds a setting, or its fallback, and parses it. @throws {MailError} as `parseSet` */
  parse<T>(name: DefaultedSetting, parse: (text: string) => T): T {
    return this.find(name) === null ? parse(table[name].fallback) : this.parseSet(name, parse)!;
  }

  /** Finds a setting and parses it; null where nobody set it. @throws {MailError} what the parser throws, naming the source */
  parseSet<T>(name: SettingName, parse: (text: string) => T): T | null {
    const found = this.find(name);
    if (found === null) return null;
    try {
      return parse(found.value);
    } catch (error) {
      if (!(error instanceof MailError)) throw error;
      const code = found.way === "flag" ? "usage" : "configuration";
      throw new MailError(code, error.message, {
        hint: error.hint ?? `It was set by ${found.from}.`,
      });
    }
  }
}

/** Tells how a setting can be set, nearest first: for help. */
export function waysOf({ flag, placeholder, variable, credential, key }: Setting): string[] {
  const told = [
    flag && `${flag} ${placeholder}`.trimEnd(),
    variable,
    credential && `credential ${credential}`,
    key && `${key} =`,
  ];
  return told.filter((way) => typeof way === "string");
}

/** Says what a setting does, and what holds where nobody sets it. */
export function describeSetting({ meaning, fallback, otherwise }: Setting): string {
  const unset = fallback ?? otherwise;
  return unset === undefined ? meaning : `${meaning} (default: ${unset})`;
}

/** Makes the flag of a setting that has one, and takes a value. */
export function settingFlag(name: SettingName): ReturnType<typeof textFlag> {
  return textFlag(settingTable[name].placeholder, describeSetting(settingTable[name]));
}

/** Makes the flag of a setting that is on or not. */
export function settingSwitch(name: SettingName): ReturnType<typeof switchFlag> {
  return switchFlag(settingTable[name].meaning);
}

/** Never guesses: what was meant to protect somebody must not be off for its spelling. */
function parseSwitch(text: string): boolean {
  if (/^(yes|true|on|1)$/i.test(text)) return true;
  if (/^(no|false|off|0)$/i.test(text)) return false;
  throw new MailError("usage", `Cannot use "${text}" as a switch: it is yes or no`);
}

function configKeys(): ReadonlySet<string> {
  return new Set(Object.values(settingTable).flatMap(({ key }) => key ?? []));
}
