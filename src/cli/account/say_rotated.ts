/** What a person has to do after the keys or the password changed. */
import { visibleLine } from "../../model/visible_text.ts";
import { say } from "../terminal/output.ts";

/** Tells of a recovery code and of logins that ended. */
export function sayRotated(
  { recoveryEnded, lost }: {
    readonly recoveryEnded: boolean;
    readonly lost: readonly string[];
  },
): void {
  if (recoveryEnded) {
    say("The recovery code has ended. Make a new one with `mailctl account recovery`");
  }
  sayLost(lost);
}

/** Tells of logins that ended though nobody asked for it. */
export function sayLost(lost: readonly string[]): void {
  for (const label of lost) {
    say(`The login ${visibleLine(JSON.stringify(label))} has ended. Log in again on that machine`);
  }
}
