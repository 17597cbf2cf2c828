/** WIRE 7.5: lines of keys, each of which signed the next, and how a pin goes on along one. */
import { isSigned, join, sha256 } from "./bytes.mjs";
import { checkedKeys, fingerprintOf } from "./account.mjs";
import { text, u64 } from "./fields.mjs";

const slackMs = 600_000; // of clocks
const mostFormer = 16;

/** Whether something of this time may be signed by keys. */
export function isGoodAt({ until }, time) {
  return until > 0 && time <= until + slackMs;
}

/** Goes on to the current keys of contacts whose pinned keys lead there. Nobody has compared these yet. */
export async function followLines(who, ring, addresses) {
  const names = addresses.map((address) => address.split("@")[0]);
  const { lines } = await who.session.call("successions", { names });
  for (const [at, address] of addresses.entries()) {
    const [current, ...former] = lines[at] === null ? [] : keysOnLine(lines[at], address);
    const contact = ring.contact(address);
    if (hasKeys(former, contact)) ring.put(movedOn(contact, current, former));
  }
}

function movedOn(contact, { fingerprint }, former) {
  const others = contact.former.filter((keys) => !hasKeys(former, keys));
  return {
    ...contact,
    fingerprint,
    verified: false,
    since: Date.now(),
    former: [...former, ...others].slice(0, mostFormer),
    received: { ...contact.received, since: 0 },
  };
}

export function hasKeys(all, { fingerprint }) {
  return all.some((keys) => keys.fingerprint.equals(fingerprint));
}

/** The keys of a line (7.5), newest first, as far back as its signatures hold; each with the time it was good until. */
export function keysOnLine({ keys, steps }, address) {
  let later = checkedKeys(keys, address);
  const found = [{ ...later, until: Infinity }];
  for (const step of steps.toReversed()) {
    const earlier = {
      ...step,
      fingerprint: fingerprintOf(step.signingKey, sha256(step.recipient)),
    };
    if (!isFollowed(earlier, later, address)) break;
    found.push({ ...earlier, until: step.succeededAt });
    later = earlier;
  }
  return found;
}

function isFollowed(earlier, later, address) {
  const { succeededAt, signature, acceptance } = earlier;
  const pair = [earlier.fingerprint, later.fingerprint];
  const both = join(text.write(address), ...pair, u64.write(succeededAt));
  return isSigned(earlier.signingKey, signature, "mailctl succession v1\0", both) &&
    isSigned(later.signingKey, acceptance, "mailctl acceptance v1\0", both);
}
