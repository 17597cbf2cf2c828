/** `mailctl trust` */
import { buildCommand } from "@stricli/core";
import type { Comparison } from "../../client/correspondents/trust.ts";
import type { Mailbox } from "../../client/mailbox.ts";
import type { Address } from "../../model/address.ts";
import { MailError } from "../../model/errors.ts";
import { decide, findPerson } from "../account/accept_key.ts";
import {
  compareAndDecide,
  type ComparisonFlags,
  comparisonParameters,
} from "../account/comparison_command.ts";
import { showChange, showComparison } from "../account/comparison_view.ts";
import { say } from "../terminal/output.ts";

export const examples = [
  "mailctl trust bob",
  "mailctl trust bob --fingerprint '04821 55013 90417 33290 71826 00193 48110 62945'",
];

export const command = buildCommand({
  docs: {
    brief: "Accept the new key of a correspondent",
    fullDescription:
      "Accept a key that changed. The old key and the new one are shown. First ask the\n" +
      "correspondent, by another way than mailctl, whether they have a new key. A\n" +
      "server that wants to read your mail would show you a new key as well.\n" +
      "\n" +
      "On a terminal, answer yes, and the new key is saved as not compared yet. A\n" +
      "script gives --fingerprint. If it is right, the key is saved as verified. If it\n" +
      "is wrong, nothing changes and the exit status is 81.\n" +
      "\n" +
      "Prints what `mailctl verify` prints; known is the old key.",
  },
  parameters: comparisonParameters,
  func: (flags: ComparisonFlags, name: string) =>
    compareAndDecide({ toPerson: showChange, decide: accept }, flags, name),
});

async function accept(mailbox: Mailbox, shown: Comparison, asJson: boolean): Promise<void> {
  const { address, state } = shown;
  await showComparison(shown, asJson, showChange);
  if (state !== "changed") return asJson ? undefined : say(nothingToAccept(shown));
  const person = asJson ? null : await findPerson();
  if (person === null) throw noPerson(address);
  say("A server that wants to read your mail would show you a new key as well");
  const text = `Did ${address} tell you by another way that this key is theirs?`;
  const answer = await decide(mailbox, shown, { person, text, verified: false });
  if (answer === null) throw refused(address);
  say(`The new key of ${address} is saved. Compare it with \`mailctl verify ${address}\``);
}

function nothingToAccept({ address, state }: Comparison): string {
  return state === "unknown"
    ? `Nothing to accept: no key of ${address} is saved yet. Sending to ${address} saves it`
    : `Nothing to accept: the key of ${address} has not changed`;
}

function noPerson(address: Address): MailError {
  return new MailError(
    "key_changed",
    `Cannot accept the new key of ${address}: there is no terminal to ask on`,
    {
      hint: `Run \`mailctl trust ${address} --fingerprint FINGERPRINT\`.`,
    },
  );
}

function refused(address: Address): MailError {
  return new MailError(
    "key_changed",
    `Cannot accept the new key of ${address}: you did not confirm it`,
    {
      hint: "Nothing was changed. You cannot send to this address until you accept the key.",
    },
  );
}
