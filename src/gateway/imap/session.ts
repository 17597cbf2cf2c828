/** The server's side of IMAP as a state machine: RFC 3501 and RFC 9051. Knows no socket. */
import { MailError } from "../../model/errors.ts";
import { limits } from "../../model/limits.ts";
import { CutShort } from "../cut_short.ts";
import { isHttpVerb } from "../http_verb.ts";
import { type CommandPlace, type ImapCommand, type Said, tellChanges } from "./command.ts";
import { commandTable, uidCommands } from "./command_table.ts";
import { capabilities } from "./commands/connection.ts";
import { ImapLogin } from "./imap_login.ts";
import { type CommandReader, type ReadCommand, UnreadableCommand } from "./reader.ts";
import { Bad, Hopeless, Last, refusalOf, statusText } from "./refusal.ts";
import { joined, lineBytes } from "./response.ts";
import { type ImapHost, type Next, SessionState } from "./session_state.ts";

export class ImapSession {
  readonly #state: SessionState;
  #refused = 0;

  constructor(host: ImapHost, { canSecure }: { readonly canSecure: boolean }) {
    this.#state = new SessionState(host, new ImapLogin(host), { canSecure });
  }

  get isLoggedIn(): boolean {
    return this.#state.isLoggedIn;
  }

  get next(): Next {
    return this.#state.next;
  }

  greet(): Uint8Array {
    const word = this.isLoggedIn ? "PREAUTH" : "OK";
    return lineBytes(`* ${word} [${capabilities(this.#state)}] mailctl`);
  }

  /** Reads a command and answers it. @throws {CutShort} nothing can be told any more but by closing */
  answer(reader: CommandReader): AsyncGenerator<Uint8Array, void> {
    return joined(this.#answer(reader), (each) => typeof each === "string");
  }

  async *#answer(reader: CommandReader): AsyncGenerator<string | Uint8Array, void> {
    try {
      const command = yield* reader.command();
      if (command === null) this.#state.next = "close";
      else yield* this.#answerCommand(command, reader);
    } catch (error) {
      if (error instanceof UnreadableCommand) yield this.#refuse(error.tag, error.reason);
      else if (error instanceof Hopeless) yield this.#end(error);
      else throw error;
    }
  }

  /** Goes on inside TLS: nothing that was said before counts. */
  secured(): void {
    this.#state.next = "go on";
    this.#state.canSecure = false;
  }

  /** The connection is over. */
  async close(): Promise<void> {
    await this.#state.close();
  }

  async *#answerCommand(
    { tag, name, text, open }: ReadCommand,
    reader: CommandReader,
  ): AsyncGenerator<string | Uint8Array, void> {
    if (isHttpVerb(tag)) throw new Hopeless("This is not HTTP");
    const isUid = name === "UID";
    let [verb, command]: [string, ImapCommand | null] = [name, null];
    try {
      if (isUid) text.space();
      verb = isUid ? text.word() : name;
      command = this.#find(verb, isUid);
    } catch (error) {
      yield this.#refuse(tag, error);
      if (open !== null && !open.waits) throw new Hopeless("What follows cannot be understood");
    }
    if (command === null) return;
    const ending = yield* this.#carryOut(command, { tag, text, isUid, reader, open }, verb);
    const isOver = this.#state.next === "close"; // behind BYE nothing of a folder is told
    if (!isOver) yield* tellChanges(this.#state, { mayExpunge: isUid || !command.keepsNumbers });
    yield ending;
  }

  /** Returns the last line of the answer. */
  async *#carryOut(
    command: ImapCommand,
    said: Said,
    verb: string,
  ): AsyncGenerator<string | Uint8Array, string> {
    try {
      const running = command.run(this.#state, said);
      const words = running instanceof Promise ? await running : yield* running;
      this.#refused = 0;
      return `${said.tag} OK ${words ?? `${verb} completed`}`;
    } catch (error) {
      if (error instanceof CutShort || error instanceof Hopeless) throw error;
      return this.#refuse(said.tag, error);
    }
  }

  /** @throws {Bad} */
  #find(verb: string, isUid: boolean): ImapCommand {
    const command = isUid && !uidCommands.has(verb) ? undefined : commandTable.get(verb);
    if (command === undefined) throw new Bad("There is no such command");
    const { isLoggedIn, view } = this.#state;
    const isHere = {
      "anywhere": true,
      "logged out": !isLoggedIn,
      "logged in": isLoggedIn,
      "selected": isLoggedIn && view !== null,
    }[command.place];
    if (!isHere) throw new Bad(`Not now: ${verb} is for when you are ${places[command.place]}`);
    return command;
  }

  /** NO or BAD, and BYE behind one too many. */
  #refuse(tag: string | null, error: unknown): string {
    const refusal = refusalOf(error);
    if (refusal !== error && !(error instanceof MailError)) this.#state.host.onDefect(error);
    const isBad = refusal instanceof Bad;
    if (isBad || !this.isLoggedIn) this.#refused++;
    const words = statusText(refusal.message, isBad ? null : refusal.code);
    const line = `${tag ?? "*"} ${isBad ? "BAD" : "NO"} ${words}`;
    const isLast = refusal instanceof Last || this.#refused >= limits.maxRefusedCommands;
    if (!isLast) return line;
    this.#state.next = "close";
    return `${line}\r\n* BYE Too many errors`;
  }

  #end({ message, code }: Hopeless): string {
    this.#state.next = "close";
    return `* BYE ${statusText(message, code)}`;
  }
}

const places: Readonly<Record<CommandPlace, string>> = {
  "anywhere": "anywhere",
  "logged out": "not logged in",
  "logged in": "logged in",
  "selected": "in a folder",
};
