/** Where a password comes from. Never from the arguments, and it is never shown or kept. */
import { type Hint, MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import { checkPassword, passwordTooLong, type SecretWord } from "../../model/password.ts";
import { decode, readSecretFile, readSecretFrom } from "./secret_file.ts";
import { say } from "../terminal/output.ts";
import { askHidden, openTerminal, type PromptTerminal } from "../terminal/prompt.ts";
import type { SettingName, Settings } from "../settings/settings.ts";
import { splitWords } from "../terminal/split_command.ts";
import { host } from "../host.ts";
import { visible, visibleLine, type VisibleText } from "../../model/visible_text.ts";

/**
 * Finds the password: from `--password-stdin`, a file, the environment, a command, or by asking.
 * A new one is asked for twice and must not be too short.
 * @throws {MailError} `usage` where there is no way left to ask
 */
export async function findPassword(
  settings: Settings,
  query: { fromStdin: boolean; isNew: boolean },
): Promise<string> {
  const given = query.fromStdin ? await readStdin() : await readElsewhere(settings);
  const password = given === null ? await ask(query.isNew) : withoutNewline(given);
  checkPassword(password, query.isNew);
  return password;
}

/**
 * Finds the password that is to take the old one's place, or asks for it twice.
 * @throws {MailError} `usage` where there is no way left to ask; `malformed` for one that is too short
 */
export async function findNewPassword(settings: Settings): Promise<string> {
  const given = await readElsewhere(settings, {
    newPassword: asItIs,
    newPasswordFile: readPasswordFile,
  });
  const password = given === null
    ? await ask(true, "Use --new-password-file or MAILCTL_NEW_PASSWORD.")
    : withoutNewline(given);
  checkPassword(password, true);
  return password;
}

/**
 * Finds the passphrase of a file of keys, or asks for it: a new one twice.
 * @throws {MailError} `usage` where there is no way left to ask; `malformed` for a new one that is too short
 */
export async function findPassphrase(settings: Settings, isNew: boolean): Promise<string> {
  const given = await readElsewhere(settings, {
    passphrase: asItIs,
    passphraseFile: (path) => readFile(path, "passphrase"),
  });
  const passphrase = given === null
    ? await ask(isNew, "Use --passphrase-file or MAILCTL_PASSPHRASE.", "passphrase")
    : withoutNewline(given);
  checkPassword(passphrase, isNew, "passphrase");
  return passphrase;
}

type Sources = Readonly<Partial<Record<SettingName, (value: string) => Promise<string>>>>;

const usualSources: Sources = {
  password: asItIs,
  passwordFile: readPasswordFile,
  passwordCommand: runCommand,
};

async function readElsewhere(
  settings: Settings,
  sources: Sources = usualSources,
): Promise<string | null> {
  const ways = ["flag", "variable", "credential", "file"];
  const names = Object.keys(sources) as SettingName[];
  for (const way of ways) {
    for (const name of names) {
      const found = settings.find(name);
      if (found?.way === way) return await sources[name]!(found.value);
    }
  }
  return null;
}

function asItIs(password: string): Promise<string> {
  return Promise.resolve(password);
}

async function readStdin(): Promise<string> {
  return await readSecretFrom(host.stdin, { ...passwordSource, what: "standard input" });
}

function readPasswordFile(path: string): Promise<string> {
  return readFile(path, "password");
}

/**
 * Reads a secret from a file, or from stdin where no file is named. Bounded as passwords are.
 * @throws {MailError} `no_input`; `configuration` for a file that others may read
 */
export async function readSecret(path: string | null, what: string): Promise<string> {
  return path === null ? await readStdin() : await readFile(path, what);
}

/** Asks for a secret without showing it. @throws {MailError} `usage` where there is no terminal */
export async function askSecret(question: VisibleText, noTerminal: MailError): Promise<string> {
  const terminal = openTerminal();
  if (terminal === null) throw noTerminal;
  try {
    return await askHidden(terminal, question);
  } finally {
    terminal.close();
  }
}

function readFile(path: string, what: string): Promise<string> {
  return readSecretFile(path, { ...passwordSource, what: `the ${what} file` });
}

const passwordSource = {
  maxBytes: limits.maxPasswordBytes,
  tooLarge: passwordTooLong,
  firstLine: true,
};

async function runCommand(command: string): Promise<string> {
  const [program, ...args] = splitWords(command);
  try {
    const { success, code, stdout } = await new Deno.Command(program ?? "", {
      args,
      stdin: "inherit",
      stdout: "piped",
      stderr: "inherit",
    }).output();
    if (success) return firstLine(decode(stdout, "the password command"));
    throw new MailError(
      "configuration",
      `Cannot use the password command: it ended with status ${code}`,
    );
  } catch (error) {
    if (error instanceof MailError) throw error;
    throw new MailError("configuration", `Cannot run the password command "${program ?? ""}"`, {
      hint: "Quote words that contain blanks. The command runs without a shell.",
      cause: error,
    });
  }
}

async function ask(
  isNew: boolean,
  otherWays: Hint = usualWays,
  word: SecretWord = "password",
): Promise<string> {
  const terminal = openTerminal();
  if (terminal === null) throw noWay(otherWays, word);
  try {
    if (isNew) return await askNew(terminal, word);
    return await askHidden(terminal, visible`${visibleLine(word.replace("p", "P"))}: `);
  } finally {
    terminal.close();
  }
}

async function askNew(terminal: PromptTerminal, word: SecretWord): Promise<string> {
  for (;;) {
    const first = await askHidden(terminal, visible`New ${visibleLine(word)}: `);
    checkPassword(first, true, word);
    if (first === await askHidden(terminal, visible`Once more: `)) return first;
    say("The two entries differ. Try again");
  }
}

/** A password store prints the password first, and notes behind it. */
function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0]!;
}

function withoutNewline(text: string): string {
  return text.replace(/\r?\n$/, "");
}

const usualWays =
  "Use --password-file, --password-stdin, MAILCTL_PASSWORD or MAILCTL_PASSWORD_COMMAND. After `mailctl login`, reading and sending need none.";

function noWay(hint: Hint, word: SecretWord): MailError {
  return new MailError("usage", `Cannot ask for the ${word}: there is no terminal`, { hint });
}
