/** Debian's Dovecot as an oracle: what it answers to FETCH about messages in a Maildir, asked over a pipe. */
import assert from "node:assert/strict";
import { bytesOfString, byteString } from "../../src/mime/byte_string.ts";
import { areInstalled } from "./installed.ts";

const program = "/usr/lib/dovecot/imap";

export const hasDovecot = areInstalled(program);

/** Messages of one mailbox of a Dovecot, and what is asked of each. */
export interface Question {
  readonly message: Uint8Array;
  /** What FETCH asks for. */
  readonly items: readonly string[];
}

/** A value of IMAP: a string whichever way it was written, NIL, or a list. An atom or a number is a string. */
export type ImapValue = string | null | ImapValue[];

/** A message as a Maildir has it. */
export interface StoredMessage {
  readonly bytes: Uint8Array;
  /** Of its file: `FRSTD`. */
  readonly letters?: string;
  /** INTERNALDATE, milliseconds since 1970. */
  readonly internalDate?: number;
}

/** Says commands to a Dovecot whose INBOX has these messages, UIDs from 1; returns all that it answers. */
export async function playDovecot(
  messages: readonly StoredMessage[],
  commands: readonly string[],
): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    const configuration = await layOut(folder, messages);
    const lines = [...commands, "q LOGOUT"].map((command) => `${command}\r\n`);
    return await run(folder, configuration, lines.join(""));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Asks one Dovecot about messages; answers by item, one map a message. */
export async function askDovecot(
  questions: readonly Question[],
): Promise<ReadonlyMap<string, ImapValue>[]> {
  const commands = questions.map(({ items }, at) =>
    `f${at} UID FETCH ${at + 1} (${items.join(" ")})`
  );
  const messages = questions.map(({ message }) => ({ bytes: message, letters: "S" }));
  const output = await playDovecot(messages, ["s EXAMINE INBOX", ...commands]);
  return questions.map(({ items }, at) => answerOf(output, at + 1, items));
}

async function layOut(folder: string, messages: readonly StoredMessage[]): Promise<string> {
  for (const name of ["mail", "mail/cur", "mail/new", "mail/tmp"]) {
    await Deno.mkdir(`${folder}/${name}`);
  }
  for (const [at, { bytes, letters = "", internalDate }] of messages.entries()) {
    const file = `${folder}/mail/cur/${1_700_000_000 + at}.M1.host:2,${letters}`;
    await Deno.writeFile(file, bytes);
    if (internalDate !== undefined) {
      await Deno.utime(file, internalDate / 1000, internalDate / 1000);
    }
  }
  const configuration = `${folder}/dovecot.conf`;
  await Deno.writeTextFile(
    configuration,
    [
      `mail_location = maildir:${folder}/mail`,
      `base_dir = ${folder}/run`,
      `state_dir = ${folder}`,
      `log_path = ${folder}/log`,
      ...["default_internal_user", "default_login_user"].map((name) => `${name} = nobody`),
      "default_internal_group = nogroup",
      `mail_uid = ${nobody}`,
      `mail_gid = ${nobody}`,
      "first_valid_uid = 1",
      "ssl = no",
      "",
    ].join("\n"),
  );
  await giveAway(folder);
  return configuration;
}

const isRoot = Deno.uid() === 0;
const nobody = isRoot ? 65_534 : Deno.uid()!;

/** Dovecot serves no mail as root. */
async function giveAway(path: string): Promise<void> {
  if (!isRoot) return;
  await Deno.chown(path, nobody, nobody);
  if (!(await Deno.stat(path)).isDirectory) return;
  for await (const { name } of Deno.readDir(path)) await giveAway(`${path}/${name}`);
}

async function run(folder: string, configuration: string, commands: string): Promise<string> {
  const child = new Deno.Command(program, {
    args: ["-c", configuration],
    cwd: folder,
    clearEnv: true,
    env: { USER: "tester", HOME: folder, TZ: "UTC" },
    ...isRoot ? { uid: nobody, gid: nobody } : {},
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const output = new Response(child.stdout).bytes();
  const writer = child.stdin.getWriter();
  await writer.write(bytesOfString(commands));
  const text = byteString(await output);
  await writer.close().catch(() => {});
  await child.status;
  return text;
}

function answerOf(
  output: string,
  uid: number,
  items: readonly string[],
): ReadonlyMap<string, ImapValue> {
  const start = output.indexOf(`* ${uid} FETCH (UID ${uid} `);
  assert.ok(start >= 0, `Dovecot says nothing of message ${uid}: ${output.slice(-300)}`);
  const reader = new ImapReader(output, output.indexOf("(", start));
  const values = reader.value() as ImapValue[];
  const answers = new Map<string, ImapValue>();
  for (let at = 0; at < values.length; at += 2) answers.set(String(values[at]), values[at + 1]!);
  for (const item of items) {
    assert.ok(answers.has(item.replace(".PEEK", "")), `Dovecot does not answer ${item}`);
  }
  return answers;
}

/** Reads a value as a server writes it: RFC 9051 9. */
export function readImapValue(text: string): ImapValue {
  const reader = new ImapReader(text, 0);
  const value = reader.value();
  assert.ok(reader.isAtEnd, `there is more behind a value: ${text}`);
  return value;
}

class ImapReader {
  readonly #text: string;
  #at: number;

  constructor(text: string, at: number) {
    this.#text = text;
    this.#at = at;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  value(): ImapValue {
    if (this.#skip("(")) return this.#list();
    const quoted = this.#match(/"((?:[^"\\\r\n\0]|\\["\\])*)"/y);
    if (quoted !== null) return quoted[1]!.replace(/\\(.)/g, "$1");
    const literal = this.#match(/\{(\d+)\}\r\n/y);
    if (literal !== null) return this.#take(Number(literal[1]));
    const atom = this.#match(/[^\s()"{[\]]+(?:\[[^\]]*\])?/y);
    assert.ok(
      atom !== null,
      `no value: ${JSON.stringify(this.#text.slice(this.#at - 20).slice(0, 60))}`,
    );
    return atom[0] === "NIL" ? null : atom[0];
  }

  #list(): ImapValue[] {
    const values: ImapValue[] = [];
    while (!this.#skip(")")) {
      // Only lists stand side by side without a blank: addresses, and the parts of a multipart.
      const isBeside = Array.isArray(values.at(-1)) && this.#text[this.#at] === "(";
      const mayStand = values.length === 0 || isBeside || this.#skip(" ");
      assert.ok(
        mayStand,
        `no blank between values: ${this.#text.slice(this.#at - 20).slice(0, 60)}`,
      );
      values.push(this.value());
    }
    return values;
  }

  #take(length: number): string {
    const taken = this.#text.slice(this.#at, this.#at + length);
    this.#at += length;
    return taken;
  }

  #skip(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match !== null) this.#at = pattern.lastIndex;
    return match;
  }
}
