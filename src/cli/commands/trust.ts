/** `mailctl trust` */
import { buildCommand } from "@stricli/core";
import type { Comparison, Mailbox } from "../../client/mailbox.ts";
import { MailError } from "../../model/errors.ts";
import {
  compareAndDecide,
  type ComparisonFlags,
  comparisonParameters,
} from "../account/comparison_command.ts";
import { showChange, showComparison } from "../account/comparison_view.ts";
import { decide, findPerson } from "../account/accept_key.ts";
import { say } from "../terminal/output.ts";

export const examples = [
  "mailctl trust bob",
  "mailctl trust bob --fingerprint '04821 55013 90417 33290 71826 00193 48110 62945'",
];

export const command = buildCommand({
  docs: {
    brief: "Accept the new key of a correspondent",
    fullDescription:
      "Accept a key that changed, after showing the old one and the new one. Ask first, by another\n" +
      "way than mailctl, whether there is a new key: a server that wants to read along would show\n" +
      "you one too. On a terminal, your yes pins it as not compared yet; a script gives\n" +
      "--fingerprint, which pins it as verified, or ends with 81 and changes nothing.\n" +
      "Where nothing has changed it says so. Off a terminal and with --json it prints what `verify`\n" +
      "prints; known is the old key.",
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
  say("A server that wants to read along would show you a new key as well");
  const text = `Did ${address} tell you, by another way, that this key is theirs?`;
  const answer = await decide(mailbox, shown, { person, text, verified: false });
  if (answer === null) throw refused(address);
  say(`The new key of ${address} is noted; \`mailctl verify ${address}\` compares it`);
}

function nothingToAccept({ address, state }: Comparison): string {
  return state === "unknown"
    ? `Nothing to accept: no key of ${address} is noted yet; sending notes the first`
    : `Nothing to accept: the key of ${address} is the one known so far`;
}

function noPerson(address: string): MailError {
  return new MailError(
    "key_changed",
    `Cannot accept the new key of ${address}: nobody can answer`,
    {
      hint: `\`mailctl trust ${address} --fingerprint F\` takes one got by another way.`,
    },
  );
}

function refused(address: string): MailError {
  return new MailError("key_changed", `Cannot use the new key of ${address}: it was not accepted`, {
    hint: "Nothing was changed; sending to it stays stopped.",
  });
}
