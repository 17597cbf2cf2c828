import { randomBytes } from "../../model/bytes.ts";

/** Makes an id for a message that a program hands in: unlike any other, and ids sort by their time. */
export function newSubmissionId(queuedAt: number): string {
  return `${queuedAt.toString(36)}-${randomBytes(6).toHex()}`;
}
