/** WIRE 8.4: what a reader keeps of an envelope that it opened, sealed, at the server. */
import { join, open, seal } from "./bytes.mjs";
import {
  bool,
  choice,
  decode,
  encode,
  fixed,
  list,
  optional,
  struct,
  text,
  u64,
} from "./fields.mjs";
import { check, checkFrom, common, numbering, origin } from "./envelope.mjs";
import { box } from "./structures.mjs";

const kept = choice("form", {
  1: struct({
    "...common": common,
    bcc: list(text),
    notBefore: optional(u64),
    burn: bool,
    recipients: list(struct({ address: text, number: u64 })),
    numbering,
    sender: fixed(32),
    contents: fixed(32),
    receipts: list(fixed(32)),
  }),
  2: struct({ "...common": common, bcc: list(text), "...origin": origin }),
});

/** The summary of an envelope whose checks hold (8.5). */
export function sealSummary(who, entry, message) {
  return seal(who.summaryKeys[0], encode(kept, { receipts: [], ...message }), context(who, entry));
}

/** Opens an entry's summary by the keys that the reader has or had, and checks what it does not stand for. */
export function openSummary(who, entry) {
  const message = decode(kept, openByAny(who.summaryKeys, entry.summary, context(who, entry)));
  if (message.form === 1) checkFrom(who, entry, message.from, message.sender);
  return message;
}

function openByAny(keys, sealed, associatedData) {
  for (const key of keys) {
    try {
      return open(key, sealed, associatedData);
    } catch {
      // it was made by another one
    }
  }
  check(false, "the summary does not open");
}

function context(who, entry) {
  const label = text.write("mailctl summary: signature holds");
  const place = [
    u64.write(entry.id),
    box.write(entry.box),
    entry.envelopeDigest,
  ];
  return join(label, text.write(who.address), ...place);
}
