/** Commands about the connection itself: RFC 9051 6.1 and 6.3.1, RFC 2971. */
import type { CommandText } from "../command_text.ts";
import { type Carry, refreshQuietly, useCondstore } from "../command.ts";
import { Bad } from "../refusal.ts";
import { extensions, type SessionState } from "../session_state.ts";

/** The capabilities, as a response has them behind its name. */
export function capabilities({ host, login, canSecure, isLoggedIn }: SessionState): string {
  return [
    "CAPABILITY IMAP4rev2 IMAP4rev1",
    ...isLoggedIn ? [] : ["SASL-IR", ...login.mechanisms.map((name) => `AUTH=${name}`)],
    ...canSecure && !isLoggedIn ? ["STARTTLS"] : [],
    "LITERAL+ ID ENABLE NAMESPACE CHILDREN UIDPLUS UNSELECT IDLE MOVE SPECIAL-USE LIST-EXTENDED",
    "LIST-STATUS STATUS=SIZE ESEARCH SEARCHRES WITHIN BINARY CONDSTORE QRESYNC UTF8=ACCEPT QUOTA",
    `QUOTA=RES-STORAGE OBJECTID APPENDLIMIT=${host.maxMessageBytes} INPROGRESS`,
  ].join(" ");
}

export const capability: Carry = async function* (state, { text }) {
  text.end();
  yield `* ${capabilities(state)}`;
};

export const noop: Carry = async (state, { text }) => {
  text.end();
  if (state.view !== null) await refreshQuietly(state);
};

export const logout: Carry = async function* (state, { text }) {
  text.end();
  state.next = "close";
  yield "* BYE Goodbye";
};

export const startTls: Carry = (state, { text }) => {
  text.end();
  if (!state.canSecure) throw new Bad("TLS is not available");
  state.next = "secure";
  return Promise.resolve("Begin TLS");
};

/** What the client says of itself is read and not kept. */
export const id: Carry = async function* (_, { text }) {
  text.space();
  if (!text.skip("NIL")) text.list(() => readField(text), { mayBeEmpty: true });
  text.end();
  yield '* ID ("name" "mailctl")';
};

export const enable: Carry = async function* (state, { text }) {
  const wanted: string[] = [];
  while (text.skip(" ")) wanted.push(text.word());
  text.end();
  if (wanted.length === 0) throw text.bad();
  const enabled = extensions.filter((each) => wanted.includes(each.toUpperCase()));
  if (enabled.includes("CONDSTORE") || enabled.includes("QRESYNC")) yield* useCondstore(state);
  for (const extension of enabled) state.enable(extension);
  yield ["* ENABLED", ...enabled].join(" ");
};

/** RFC 2342: all is the account's own, and levels are parted by `/`. */
export const namespace: Carry = async function* (_, { text }) {
  text.end();
  yield '* NAMESPACE (("" "/")) NIL NIL';
};

function readField(text: CommandText): void {
  text.nstring();
}
