/** LOGIN and AUTHENTICATE: RFC 9051 6.2. */
import type { Carry } from "../command.ts";
import { bytesOfString } from "../../../mime/byte_string.ts";
import { Hopeless } from "../refusal.ts";
import { lineBytes } from "../response.ts";
import { capabilities } from "./connection.ts";

export const login: Carry = async (state, { text }) => {
  text.space();
  const name = decode(text.astring());
  text.space();
  const password = decode(text.astring());
  text.end();
  await state.login.check(name, password);
  return `[${capabilities(state)}] Logged in`;
};

/** With an initial response (RFC 4959) or without; `=` is an empty one. */
export const authenticate: Carry = async function* (state, { text, reader }) {
  text.space();
  const mechanism = text.atom();
  const initial = text.skip(" ") ? text.match(/[A-Za-z0-9+/=]+/y)?.[0] : undefined;
  text.end();
  let challenge = await state.login.begin(mechanism, initial === "=" ? "" : initial);
  while (challenge !== null) {
    yield lineBytes(`+ ${challenge}`);
    const answer = await reader.answer();
    if (answer === null) throw new Hopeless("The connection ended");
    challenge = await state.login.answer(answer);
  }
  return `[${capabilities(state)}] Logged in`;
};

/** Text of bytes; what is not UTF-8 is nobody's name or password. */
function decode(bytes: string): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytesOfString(bytes));
}
