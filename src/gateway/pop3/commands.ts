/** The commands of POP3, by where they may be said: each is a method of the session. */
import { isHttpVerb } from "../http_verb.ts";
import { encodeLine } from "./codec.ts";
import { Final, Refused } from "./refusal.ts";

/** What a session does for each command. */
export interface Verbs {
  capabilities(): Reply;
  quit(): Promise<Reply>;
  user(name: string): Reply;
  auth(words: readonly string[]): Promise<Reply>;
  apop(words: readonly string[]): Promise<Reply>;
  secure(): Reply;
  stat(): Reply;
  list(words: readonly string[], of: (message: Listed) => string | number): Reply;
  retrieve(words: readonly string[]): Reply;
  top(words: readonly string[]): Reply;
  delete(words: readonly string[]): Reply;
  reset(): Reply;
}

/** A message as LIST and UIDL tell of it. */
interface Listed {
  readonly bytes: number;
  readonly uid: string;
}

export type Reply = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** Carries a command out; `words` are what stands behind it. */
export type Command = (this: Verbs, words: readonly string[]) => Reply | Promise<Reply>;

const anywhere: Readonly<Record<string, Command>> = {
  CAPA() {
    return this.capabilities();
  },
  QUIT() {
    return this.quit();
  },
  NOOP() {
    return [encodeLine("+OK")];
  },
};

/** RFC 1939 4 */
const before: Readonly<Record<string, Command>> = {
  USER(words) {
    return this.user(words.join(" "));
  },
  AUTH(words) {
    return this.auth(words);
  },
  APOP(words) {
    return this.apop(words);
  },
  STLS() {
    return this.secure();
  },
  UTF8() {
    return [encodeLine("+OK")];
  },
};

/** RFC 1939 5 */
const inside: Readonly<Record<string, Command>> = {
  STAT() {
    return this.stat();
  },
  LIST(words) {
    return this.list(words, ({ bytes }) => bytes);
  },
  UIDL(words) {
    return this.list(words, ({ uid }) => uid);
  },
  RETR(words) {
    return this.retrieve(words);
  },
  TOP(words) {
    return this.top(words);
  },
  DELE(words) {
    return this.delete(words);
  },
  RSET() {
    return this.reset();
  },
};

const states = { before, inside };

/** Finds what carries a command out, before the maildrop is open or inside it. Its name is in capitals. */
export function findCommand(name: string, state: "before" | "inside"): Command {
  for (const commands of [anywhere, states[state]]) {
    if (Object.hasOwn(commands, name)) return commands[name]!;
  }
  if (isHttpVerb(name)) throw new Final("[SYS/PERM] This is not HTTP");
  const isKnown = Object.values(states).some((commands) => Object.hasOwn(commands, name));
  throw new Refused(isKnown ? "Not now" : "There is no such command");
}
