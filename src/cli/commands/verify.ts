/** `mailctl verify` */
import { buildCommand } from "@stricli/core";
import { changedKeyHint } from "../../client/connection/changed_key_hints.ts";
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
import { showComparison, showPair } from "../account/comparison_view.ts";
import { say } from "../terminal/output.ts";

export const examples = [
  "mailctl verify bob  # while bob runs `mailctl verify alice`",
  "mailctl verify bob --fingerprint '04821 55013 90417 33290 71826 00193 48110 62945'",
  "mailctl verify bob --json | jq -r .state",
];

export const command = buildCommand({
  docs: {
    brief: "Compare keys with a correspondent",
    fullDescription:
      "Show your key and a correspondent's key as digits. Read them to each other, face\n" +
      "to face or on the phone: both of you see the same lines. If they are the same,\n" +
      "answer yes, and the key is marked as verified.\n" +
      "\n" +
      "A script gives --fingerprint, which you must have received by another way than\n" +
      "mailctl. If it is right, the key is saved as verified, even in place of another.\n" +
      "If it is wrong, nothing changes and the exit status is 81.\n" +
      "\n" +
      "Off a terminal, prints lines of name, tab and value. The state is unknown,\n" +
      "signed (saved on first use), verified or changed. If it is changed, the exit\n" +
      "status is 81.\n" +
      "\n" +
      "With --json, prints address, fingerprint, spoken, state, since, known (another\n" +
      "key, saved before) and own.",
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
  if (state === "verified") return say(`You have already compared the key of ${address}`);
  const person = await findPerson();
  if (person === null) return say(notYet(address));
  say(
    `Read the digits to each other. There, \`mailctl verify ${shown.own.address}\` shows the same`,
  );
  const question = { person, text: "Are they the same?", verified: true };
  if (await decide(mailbox, shown, question) === null) throw notTheSame(address);
  say(`The key of ${address} is verified`);
}

/** Never with the key itself: copied from here, it would be the server's word. */
function notYet(address: Address): string {
  return `The key of ${address} is not compared yet. Ask them for their fingerprint by another way, ` +
    `then run \`mailctl verify ${address} --fingerprint FINGERPRINT\``;
}

function changed(address: Address): MailError {
  return new MailError(
    "key_changed",
    `Cannot verify ${address}: the key changed`,
    { hint: changedKeyHint([address]) },
  );
}

function notTheSame(address: Address): MailError {
  return new MailError(
    "not_verified",
    `Cannot verify ${address}: you did not say that the digits are the same`,
    {
      hint: "If they really differ, somebody may be reading along. Send nothing confidential.",
    },
  );
}
