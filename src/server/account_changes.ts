/** What the log tells of an account's own changes: by them a thief stays in, or keeps its owner out. */
import type { OperationName, ReplyOf } from "../wire/operations.ts";

const events: Readonly<Partial<Record<OperationName, string>>> = {
  changePassword: "password changed",
  recover: "password recovered",
  saveRecovery: "recovery code changed",
  rotateKeys: "keys changed",
  replaceSealedKeys: "keys imported",
  createAppPassword: "application password created",
  revokeAppPassword: "application password revoked",
  addDevice: "login saved",
  revokeDevice: "login revoked",
  endDevice: "login ended",
};

type Ended = Partial<ReplyOf<"revokeDevice"> & ReplyOf<"endDevice">>;

/** The event that an operation is, which was carried out with this answer; null: it changed nothing of an account. */
export function accountChange(name: OperationName, answer: object): string | null {
  const { revoked = true, ended = true } = answer as Ended;
  return revoked && ended ? events[name] ?? null : null;
}
