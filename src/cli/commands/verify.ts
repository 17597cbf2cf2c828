/** `mailctl verify` */
import { buildCommand } from "@stricli/core";
import { changedKeyHint } from "../../client/connection/changed_key_hints.ts";
import type { Comparison, Mailbox } from "../../client/mailbox.ts";
import { MailError } from "../../model/errors.ts";
import {
  compareAndDecide,
  type ComparisonFlags,
  comparisonParameters,
} from "../account/comparison_command.ts";
import { showComparison, showPair } from "../account/comparison_view.ts";
import { decide, findPerson } from "../account/accept_key.ts";
import { say } from "../terminal/output.ts";

export const examples = [
  "mailctl verify bob  # while bob runs `mailctl verify alice`",
  "mailctl verify bob --fingerprint '04821 55013 90417 33290 71826 00193 48110 62945'",
  "mailctl verify bob --json | jq -r .state",
];

export const command = buildCommand({
  docs: {
    brief: "Compare keys with a correspondent, aloud or by script",
    fullDescription:
      "Show your key and a correspondent's as digits to read to each other, face to face or on the\n" +
      "phone: both see the same lines. On a terminal, your yes marks the key as verified. A script\n" +
      "gives --fingerprint, got by another way than mailctl: right, the key is pinned as verified,\n" +
      "even in the place of another; wrong, it ends with 81 and changes nothing.\n" +
      "Off a terminal: lines of name, tab, value. The state is unknown, signed (pinned on first use),\n" +
      "verified or changed; changed ends with 81. With --json: address, fingerprint, spoken, state,\n" +
      "since, known (another key, noted before), own.",
  },
  parameters: comparisonParameters,
  func: (flags: ComparisonFlags, name: string) =>
    compareAndDecide({ toPerson: showPair, decide: compare }, flags, name),
});

async function compare(mailbox: Mailbox, shown: Comparison, asJson: boolean): Promise<void> {
  const { address, state } = shown;
  await showComparison(shown, asJson, showPair);
  if (state === "changed") throw changed(address);
  if (asJson) return;
  if (state === "verified") return say(`You have compared the key of ${address} before`);
  const person = await findPerson();
  if (person === null) return say(notYet(address));
  say(
    `Read the digits to each other; there, \`mailctl verify ${shown.own.address}\` shows the same`,
  );
  const question = { person, text: "Are they the same?", verified: true };
  if (await decide(mailbox, shown, question) === null) throw notTheSame(address);
  say(`The key of ${address} is verified`);
}

/** Never with the key itself: copied from here, it would be the server's word. */
function notYet(address: string): string {
  return `Not compared yet: \`mailctl verify ${address} --fingerprint F\` does it, ` +
    "F being what they told you by another way";
}

function changed(address: string): MailError {
  return new MailError(
    "key_changed",
    `Cannot verify ${address}: the key is not the one known so far`,
    { hint: changedKeyHint([address]) },
  );
}

function notTheSame(address: string): MailError {
  return new MailError("not_verified", `Cannot verify ${address}: the digits were not the same`, {
    hint: "If they differ indeed, somebody is in between: send nothing that matters.",
  });
}
