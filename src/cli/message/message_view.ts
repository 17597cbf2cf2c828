/** A message as a person reads it: nothing in it can steer the terminal, in a pipe neither. */
import type { OpenedMessage } from "../../client/reading/opened_entry.ts";
import { isEarly } from "../../client/reading/delivery.ts";
import { senderText } from "../../client/reading/display_sender.ts";
import { describeTerms, termsOf } from "../../client/submission/draft_terms.ts";
import { formatFingerprint } from "../../crypto/fingerprint.ts";
import { readText } from "../../mime/text.ts";
import { isOwnDraft, signatureWords } from "../../model/outcome.ts";
import { host } from "../host.ts";
import { fullTime } from "../time_format.ts";
import type { Write } from "../terminal/pager.ts";
import { isPersonReading, terminalColumns } from "../terminal/terminal.ts";
import { foldToWidth } from "../terminal/width.ts";
import { formatSize } from "../../model/size.ts";
import {
  joinVisible,
  visible,
  visibleLine,
  type VisibleText,
  visibleText,
} from "../../model/visible_text.ts";

/**
 * Shows the head of a message, and its text up to 1 MiB, each line of it behind the margin. Returns whether that was
 * all of its body.
 */
export async function showMessage(
  message: OpenedMessage,
  write: Write,
  margin: string,
): Promise<boolean> {
  await write(visible`${joinVisible(headLines(message), "\n")}\n\n`);
  const body = await readText(message.source());
  if (body === null) {
    await write(visible`[no text: use --body for the data]\n`);
    return false;
  }
  const text = behind(margin, visibleText(body.text));
  await write(text.endsWith("\n") || text === "" ? text : visible`${text}\n`);
  if (body.truncated) await write(visible`[cut off: use --body for all of it]\n`);
  return !body.truncated;
}

/** Shows only the head, for a message that must not be trusted. */
export async function showHead(message: OpenedMessage, write: Write): Promise<void> {
  await write(visible`${joinVisible(headLines(message), "\n")}\n`);
}

function behind(margin: string, text: VisibleText): VisibleText {
  return margin === "" ? text : visibleText(text.replace(/^(?!$(?![\s\S]))/gm, margin));
}

function headLines(message: OpenedMessage): VisibleText[] {
  const { id, headers, senderFingerprint } = message;
  const fields: [string, string][] = [
    ["Message", String(id)],
    ["From", senderText(message)],
    ["To", headers.to.join(", ")],
    ["Cc", headers.cc.join(", ")],
    ["Bcc", headers.bcc.join(", ")],
    ["Date", fullTime(headers.date)],
    ["Subject", headers.subject],
    ...stateFields(message),
    ["Options", isOwnDraft(message) ? optionWords(message) : ""],
    ["Signature", signatureWords(message)],
    ["Origin", originText(message)],
    ["Key", senderFingerprint === null ? "" : formatFingerprint(senderFingerprint)],
  ];
  return [
    ...fields.filter(([, value]) => value !== "").map(([name, value]) => line(name, value)),
    ...headers.attachments.map(({ name, type, size }, at) =>
      line(at === 0 ? "Attached" : "", `${at + 1}. ${name} (${type}, ${formatSize(size)})`)
    ),
  ];
}

/** Tells what is known of where a message comes from that no account signed. */
function originText(message: OpenedMessage): string {
  const { origin } = message;
  if (origin === null || isOwnDraft(message)) return "";
  if (origin.kind === "import") return `imported ${fullTime(origin.importedAt)}`;
  const { account, sender, host, address, arrivedAt } = origin;
  const login = account === null ? "without a login" : `with the login of ${account}`;
  return `${address} (${host}), ${login}, sender <${sender}>, ${fullTime(arrivedAt)}`;
}

/** On which terms a draft goes once it is sent. */
function optionWords({ filing }: OpenedMessage): string {
  return describeTerms(termsOf(filing.keywords), fullTime);
}

function stateFields(message: OpenedMessage): [name: string, value: string][] {
  const { box, heldUntil, cancelledAt, expiresAt, burn } = message;
  return [
    waitedField(message),
    ["Held", heldUntil === null ? "" : `not delivered until ${fullTime(heldUntil)}`],
    ["Cancelled", cancelledAt === null ? "" : `at ${fullTime(cancelledAt)}, before delivery`],
    ["Expires", expiresAt === null ? "" : `${fullTime(expiresAt)}, if it is unread then`],
    [
      "Burns",
      !burn
        ? ""
        : box === "inbox"
        ? "erased once it is shown"
        : "erased for each recipient who reads it",
    ],
  ];
}

/** What its sender signed of the time that it was to wait: the server could deliver it before, or cancelled. */
function waitedField(message: OpenedMessage): [name: string, value: string] {
  const { box, notBefore } = message;
  if (box === "sent" || notBefore === null) return ["", ""];
  const time = fullTime(notBefore);
  return isEarly(message, host.now())
    ? ["Early", `the sender set its delivery for ${time}`]
    : ["Held", `until ${time}, by its sender`];
}

/** On a terminal, what has no room beside the name goes on below, as indented as it begins. */
function line(name: string, value: string): VisibleText {
  const columns = isPersonReading() ? terminalColumns() - nameColumns : Infinity;
  const lines = foldToWidth(visibleLine(value), columns).map((part, at) =>
    visibleLine((at > 0 || name === "" ? "" : `${name}:`).padEnd(nameColumns) + part)
  );
  return joinVisible(lines, "\n");
}

const nameColumns = 11;
