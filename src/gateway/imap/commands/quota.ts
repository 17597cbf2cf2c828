/** QUOTA (RFC 9208): one quota root, which has no name; the account as a whole. */
import type { Carry } from "../command.ts";
import { No } from "../refusal.ts";
import type { SessionState } from "../session_state.ts";

const kibi = 1024; // RFC 9208 5.1: STORAGE is in units of 1,024 bytes

export const getQuota: Carry = async function* (state, { text }) {
  text.space();
  const root = text.astring();
  text.end();
  if (root !== "") throw new No("There is no such quota root", "NONEXISTENT");
  yield await quotaOf(state);
};

export const getQuotaRoot: Carry = async function* (state, { text }) {
  text.space();
  const written = text.astring();
  text.end();
  const folder = await state.folder(written);
  yield `* QUOTAROOT ${state.encodeName(folder.name)} ""`;
  yield await quotaOf(state);
};

async function quotaOf(state: SessionState): Promise<string> {
  const { bytes, maxBytes } = await (await state.folders()).usage();
  if (maxBytes === null) return '* QUOTA "" ()';
  return `* QUOTA "" (STORAGE ${Math.ceil(bytes / kibi)} ${Math.floor(maxBytes / kibi)})`;
}
