/**
 * The command line of sendmail(8), as programs write it for any of its kind: letters in clusters, values attached or
 * behind, and whatever is unknown passed over. Our own settings are the only long flags.
 */
import { MailError } from "../../model/errors.ts";

/** What a call of sendmail asks for. */
export interface SendmailOptions {
  /** `deliver` takes a message (-bm, the default), `smtp` several (-bs), `list` and `flush` are of the queue (-bp, -q). */
  readonly mode: "deliver" | "smtp" | "list" | "flush" | "help";
  readonly recipients: readonly string[];
  /** -t: the fields of the message name recipients too. */
  readonly readsRecipients: boolean;
  /** False with -i or -oi: then a line of one dot is a line as any other. */
  readonly dotEnds: boolean;
  /** -F: the sender's name, where the message has none. */
  readonly name: string | null;
  /** -odq: not now, with the next run. */
  readonly onlyQueues: boolean;
  /** -oem: what can never be sent stays in the queue, where sendmail would mail it back. */
  readonly keepsFailed: boolean;
  /** -v: say what becomes of it. */
  readonly isVerbose: boolean;
  readonly server: string | undefined;
  readonly user: string | undefined;
  readonly passwordFile: string | undefined;
}

type Found = { -readonly [K in keyof SendmailOptions]: SendmailOptions[K] };

/** Letters that take a value, attached or behind, in any sendmail. -d and -q take theirs attached only. */
const withValue = "ABCDFLMNORVXbefhopr";

/** Parses the arguments of a call. @throws {MailError} `usage` for what cannot be passed over: a mode we do not have */
export function parseSendmailArguments(args: readonly string[]): SendmailOptions {
  const recipients: string[] = [];
  const found: Found = { ...nothing, recipients };
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === "--") recipients.push(...rest.splice(0));
    else if (arg.startsWith("--")) takeLong(found, arg, rest);
    else if (arg.startsWith("-") && arg !== "-") takeCluster(found, arg.slice(1), rest);
    else recipients.push(arg);
  }
  return found;
}

const nothing: SendmailOptions = {
  mode: "deliver",
  recipients: [],
  readsRecipients: false,
  dotEnds: true,
  name: null,
  onlyQueues: false,
  keepsFailed: false,
  isVerbose: false,
  server: undefined,
  user: undefined,
  passwordFile: undefined,
};

function takeLong(found: Found, arg: string, rest: string[]): void {
  const [, name = "", attached] = /^--([^=]*)(?:=([^]*))?$/.exec(arg)!;
  if (name === "help") found.mode = "help";
  const setting = ({ server: "server", user: "user", "password-file": "passwordFile" } as const)[
    name as "server"
  ];
  if (setting !== undefined) found[setting] = attached ?? value(arg, rest);
}

function takeCluster(found: Found, cluster: string, rest: string[]): void {
  for (let at = 0; at < cluster.length; at++) {
    const letter = cluster[at]!;
    const tail = cluster.slice(at + 1);
    if (/[dq]/.test(letter)) {
      if (letter === "q") found.mode = "flush";
      return;
    }
    if (!withValue.includes(letter)) takeSwitch(found, letter);
    else return takeValue(found, letter, tail === "" ? value(`-${letter}`, rest) : tail);
  }
}

function takeSwitch(found: Found, letter: string): void {
  if (letter === "t") found.readsRecipients = true;
  else if (letter === "i") found.dotEnds = false;
  else if (letter === "v") found.isVerbose = true;
}

function takeValue(found: Found, letter: string, text: string): void {
  if (letter === "b") found.mode = modeOf(text);
  else if (letter === "F") found.name = text;
  else if (letter === "o" && text === "i") found.dotEnds = false;
  else if (letter === "o" && text === "t") found.readsRecipients = true;
  else if (letter === "o" && text.startsWith("d")) found.onlyQueues = text === "dq";
  else if (letter === "o" && text.startsWith("e")) found.keepsFailed = text === "em";
  else if (letter === "e") found.keepsFailed = text === "m";
  else if (letter === "O" && /^IgnoreDots(?:=true)?$/i.test(text)) found.dotEnds = false;
}

function modeOf(text: string): SendmailOptions["mode"] {
  const mode = ({ m: "deliver", p: "list", s: "smtp" } as const)[text as "m"];
  if (mode !== undefined) return mode;
  throw new MailError("usage", `Cannot run sendmail -b${text}: there is only -bm, -bp and -bs`, {
    hint: "Run `mailctl serve` for a server.",
  });
}

function value(flag: string, rest: string[]): string {
  const next = rest.shift();
  if (next !== undefined) return next;
  throw new MailError("usage", `Cannot run sendmail: ${flag} needs a value`);
}
