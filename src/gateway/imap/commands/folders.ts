/** Commands that change the list of folders: RFC 9051 6.3.4 to 6.3.8. */
import { type Carry, type Said } from "../command.ts";
import { No } from "../refusal.ts";
import type { SessionState } from "../session_state.ts";
import { mailboxId } from "./status.ts";

export const create: Carry = async (state, said) => {
  const name = readName(state, said).replace(/\/$/, ""); // a `/` at the end says that it will have levels
  const folder = await (await state.folders()).create(name);
  return `[${mailboxId(folder)}] Created`;
};

export const remove: Carry = async (state, { text }) => {
  text.space();
  const written = text.astring();
  text.end();
  const { key } = await state.folder(written);
  await (await state.folders()).remove(key);
};

export const rename: Carry = async (state, said) => {
  said.text.space();
  const written = said.text.astring();
  const name = readName(state, said).replace(/\/$/, "");
  const { key } = await state.folder(written);
  await (await state.folders()).rename(key, name);
};

export const subscribe: Carry = async (state, said) => {
  await setSubscribed(state, said, true);
};

export const unsubscribe: Carry = async (state, said) => {
  await setSubscribed(state, said, false);
};

/** RFC 9051 6.3.7: a name need not be one of a folder. */
async function setSubscribed(state: SessionState, said: Said, wanted: boolean): Promise<void> {
  const name = readName(state, said);
  const folders = await state.folders();
  if (folders.subscribed.has(name) !== wanted) await folders.subscribe(name, wanted);
}

function readName(state: SessionState, { text }: Said): string {
  text.space();
  const name = state.decodeName(text.astring());
  text.end();
  if (name === null) throw new No("The name is not in modified UTF-7", "CANNOT");
  return name;
}
