/** A bridge in this process, and mail programs that talk to it through pipes. */
import assert from "node:assert/strict";
import { followSavedLogin, openMailbox } from "../../src/client/open_mailbox.ts";
import type { Mailbox } from "../../src/client/mailbox.ts";
import { parseServer } from "../../src/client/connection/server_address.ts";
import { Bridge, type BridgeOptions, type Protocol } from "../../src/gateway/bridge/bridge.ts";
import { ImapProgram } from "./imap_session_stage.ts";
import { MailProgram } from "./mail_program.ts";
import { saveNewAccount } from "./person_account.ts";
import { pipe } from "./pipe.ts";

export const bridgePassword = "a password of the bridge";

export class BridgeHere {
  readonly name: string;
  readonly folder: string;
  readonly bridge: Bridge;
  readonly trouble: unknown[];
  readonly #open: () => Promise<Mailbox>;

  private constructor(
    name: string,
    folder: string,
    bridge: Bridge,
    trouble: unknown[],
    open: () => Promise<Mailbox>,
  ) {
    this.name = name;
    this.folder = folder;
    this.bridge = bridge;
    this.trouble = trouble;
    this.#open = open;
  }

  /** Makes an account, and a bridge for it. `trusted` is `host:port#fingerprint`. */
  static async start(
    name: string,
    trusted: string,
    folder: string,
    query: Partial<BridgeOptions> = {},
  ): Promise<BridgeHere> {
    await saveNewAccount(folder, trusted, name);
    return await BridgeHere.again(name, trusted, folder, query);
  }

  /** A bridge for an account that is there. */
  static async again(
    name: string,
    trusted: string,
    folder: string,
    query: Partial<BridgeOptions> = {},
  ): Promise<BridgeHere> {
    const options = {
      state: { folder },
      server: parseServer(trusted),
      name,
      password: () => Promise.reject(new Error("the saved login was not used")),
    };
    const open = () => openMailbox(options);
    const mailbox = await open();
    const account = await mailbox.account().finally(() => mailbox.finish());
    const trouble: unknown[] = [];
    const bridge = new Bridge({
      mailbox,
      reopen: (await followSavedLogin(options)).reopen,
      account,
      password: bridgePassword,
      identity: null,
      folder,
      marksRead: true,
      queue: null,
      now: Date.now,
      onTrouble: (error) => void trouble.push(error),
      ...query,
    });
    return new BridgeHere(name, folder, bridge, trouble, open);
  }

  /** Works with the mailbox itself. */
  async with<T>(work: (mailbox: Mailbox) => Promise<T>): Promise<T> {
    const mailbox = await this.#open();
    try {
      return await work(mailbox);
    } finally {
      await mailbox.finish();
    }
  }

  /** A program that is connected and was greeted. */
  async connect(protocol: Protocol): Promise<MailProgram> {
    return (await this.greet(protocol)).program;
  }

  /** A program that is connected, and how it was greeted. */
  async greet(protocol: Protocol) {
    const [ours, theirs] = pipe();
    this.bridge.speak(protocol, ours);
    const program = new MailProgram(theirs);
    return { program, greeting: (await program.line())! };
  }

  /** A program that has the inbox open. */
  async pop3(): Promise<MailProgram> {
    const program = await this.connect("pop3");
    await program.talk([[`USER ${this.name}`, "+OK"], [`PASS ${bridgePassword}`, "+OK"]]);
    return program;
  }

  /** A program that is logged in by IMAP. */
  async imap(): Promise<ImapProgram> {
    const [ours, theirs] = pipe();
    this.bridge.speak("imap", ours);
    const program = new ImapProgram(theirs);
    await program.response();
    await program.ok(`LOGIN ${this.name} "${bridgePassword}"`);
    return program;
  }

  /** A program that may send. */
  async smtp(): Promise<MailProgram> {
    const program = await this.connect("smtp");
    const login = btoa(`\0${this.name}\0${bridgePassword}`);
    await program.talk([["EHLO here", "250"], [`AUTH PLAIN ${login}`, "235"]]);
    return program;
  }

  /** Hands a message in on a connection of its own; returns the last reply. */
  async submit(to: string, message: string): Promise<string> {
    const program = await this.smtp();
    await program.talk([["MAIL FROM:<>", "250"]]);
    const recipient = await program.ask(`RCPT TO:<${to}>`);
    if (!recipient!.startsWith("250")) return recipient!;
    await program.talk([["DATA", "354"]]);
    const reply = await program.ask(`${message.replace(/^\./gm, "..")}.`);
    await program.talk([["QUIT", "221"]]);
    return reply!;
  }
}

/** Reads a multi-line response as a program does; a character a byte. */
export async function multiLine(program: MailProgram, command: string): Promise<string> {
  const first = await program.ask(command);
  assert.ok(first?.startsWith("+OK"), `${command}: ${first}`);
  const lines: string[] = [];
  for (let line = await program.line(); line !== "."; line = await program.line()) {
    if (line === null) assert.fail(`${command}: it ends after ${lines.slice(-3).join(" | ")}`);
    lines.push(`${line.replace(/^\./, "")}\r\n`);
  }
  return lines.join("");
}
