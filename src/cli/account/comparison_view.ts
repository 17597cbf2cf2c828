/** Two keys that people compare, as `verify` and `trust` show them: to a person, in a pipe, as JSON. */
import type { Contact } from "../../client/correspondents/contacts.ts";
import type { Comparison } from "../../client/correspondents/trust.ts";
import { formatSpoken } from "../../crypto/account/spoken.ts";
import { formatFingerprint } from "../../crypto/fingerprint.ts";
import type { AccountFingerprint } from "../../model/digests.ts";
import { visible, visibleLine, visibleText } from "../../model/visible_text.ts";
import type { JsonOf } from "../schema/schemas.ts";
import { write, writeJson } from "../terminal/output.ts";
import { isPersonReading } from "../terminal/terminal.ts";
import { fullTime, isoTime } from "../time_format.ts";
import { writeFacts } from "./account_view.ts";

/** Shows a comparison; `toPerson` where one reads it. */
export async function showComparison(
  comparison: Comparison,
  asJson: boolean,
  toPerson: (comparison: Comparison) => Promise<void>,
): Promise<void> {
  if (asJson) await writeJson(comparisonJson(comparison));
  else if (isPersonReading()) await toPerson(comparison);
  else await writeFacts(comparisonFacts(comparison));
}

/** Shows both keys as the other one sees them too: the same lines in the same order, for whoever of the two looks. */
export async function showPair({ address, fingerprint, own }: Comparison): Promise<void> {
  const pair = [{ address, fingerprint }, own].sort((a, b) => a.address < b.address ? -1 : 1);
  for (const each of pair) await showKey(each.address, each.fingerprint);
}

/** Shows the key that was known beside the one that there is now. */
export async function showChange(comparison: Comparison): Promise<void> {
  const { address, fingerprint } = comparison;
  const known = otherKey(comparison);
  if (known !== null) {
    const how = known.verified ? "compared" : "not compared";
    await showKey(`${address} since ${fullTime(known.since)}, ${how}`, known.fingerprint);
  }
  await showKey(`${address} now`, fingerprint);
}

async function showKey(title: string, fingerprint: AccountFingerprint): Promise<void> {
  const groups = formatSpoken(fingerprint).split(" ");
  const lines = [groups.slice(0, 4), groups.slice(4)].map((line) => `    ${line.join("  ")}\n`);
  await write(visible`${visibleLine(title)}\n${visibleText(lines.join(""))}\n`);
}

function comparisonFacts(comparison: Comparison): Record<string, string> {
  const { address, fingerprint, state, own } = comparison;
  const known = otherKey(comparison);
  return {
    address,
    fingerprint: formatFingerprint(fingerprint),
    state,
    spoken: formatSpoken(fingerprint),
    ...known && {
      knownFingerprint: formatFingerprint(known.fingerprint),
      knownSpoken: formatSpoken(known.fingerprint),
    },
    ownAddress: own.address,
    ownFingerprint: formatFingerprint(own.fingerprint),
    ownSpoken: formatSpoken(own.fingerprint),
  };
}

function comparisonJson(comparison: Comparison): JsonOf<"verify"> {
  const { address, fingerprint, state, pinned, own } = comparison;
  const known = otherKey(comparison);
  const hasPin = pinned !== null && pinned !== known;
  return {
    address,
    ...keyJson(fingerprint),
    state,
    since: hasPin ? isoTime(pinned.since) : null,
    known: known && {
      ...keyJson(known.fingerprint),
      verified: known.verified,
      since: isoTime(known.since),
    },
    own: { address: own.address, ...keyJson(own.fingerprint) },
  };
}

function keyJson(fingerprint: AccountFingerprint) {
  return { fingerprint: formatFingerprint(fingerprint), spoken: formatSpoken(fingerprint) };
}

/** The other key that was known until now, or still is. */
function otherKey({ state, pinned, replaced }: Comparison): Contact | null {
  return state === "changed" ? pinned : replaced;
}
