/** Headers that others chose, cut to what an envelope has room for: the lists lose their ends, the longest list first. */
import { cutText, utf8 } from "../../model/bytes.ts";
import { limits } from "../../model/limits.ts";
import type { Headers } from "../../model/message.ts";

const maxAddressBytes = 1024;

/** Cuts headers to the bounds of their fields, and all of them to `maxBytes` as they are encoded (8 KiB or more). */
export function fitHeaders(headers: Headers, maxBytes: number): Headers {
  const addresses = (list: readonly string[]) =>
    list.filter((address) => utf8(address).length <= maxAddressBytes)
      .slice(0, limits.maxRecipients);
  const fields = {
    ...headers,
    from: cutText(headers.from, maxAddressBytes),
    subject: cutText(headers.subject, limits.maxSubjectBytes),
  };
  const lists = {
    to: addresses(headers.to),
    cc: addresses(headers.cc),
    bcc: addresses(headers.bcc),
    references: headers.references.slice(-limits.maxReferences),
    attachments: headers.attachments.slice(0, limits.maxAttachments),
  };
  const { from, subject, messageId, inReplyTo } = fields;
  const room = maxBytes - fixedBytes - sizeOf([from, subject, messageId, inReplyTo ?? ""]);
  return { ...fields, ...shorten(lists, room) };
}

/** Counts of lists, the date, and what says whether there is an `inReplyTo`. */
const fixedBytes = 64;

type Lists = Pick<Headers, "to" | "cc" | "bcc" | "references" | "attachments">;

/** The oldest references go first, of all else the last. */
function shorten(lists: Lists, room: number): Lists {
  const sizes = {
    to: lists.to.map((each) => sizeOf([each])),
    cc: lists.cc.map((each) => sizeOf([each])),
    bcc: lists.bcc.map((each) => sizeOf([each])),
    references: lists.references.map((each) => sizeOf([each])).reverse(),
    attachments: lists.attachments.map(({ name, type }) => sizeOf([name, type]) + 8),
  };
  for (;;) {
    const weights = Object.values(sizes).map((each) => each.reduce((sum, size) => sum + size, 0));
    const all = weights.reduce((sum, weight) => sum + weight, 0);
    if (all <= room || all === 0) break;
    Object.values(sizes)[weights.indexOf(Math.max(...weights))]!.pop();
  }
  return {
    to: lists.to.slice(0, sizes.to.length),
    cc: lists.cc.slice(0, sizes.cc.length),
    bcc: lists.bcc.slice(0, sizes.bcc.length),
    references: lists.references.slice(lists.references.length - sizes.references.length),
    attachments: lists.attachments.slice(0, sizes.attachments.length),
  };
}

function sizeOf(texts: readonly string[]): number {
  return texts.reduce((sum, text) => sum + 4 + utf8(text).length, 0);
}
