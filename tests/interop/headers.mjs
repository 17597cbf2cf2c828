/** WIRE 8.1: `common`, which an envelope (8.1) and a summary (8.4) both begin with. */

import { insist } from "./bytes.mjs";
import { list, optional, raw, structure, text, u64, u8 } from "./fields.mjs";

/** RFC 5322, 3.2.3 and 3.6.4: dot-atom-text, "@", dot-atom-text or a no-fold-literal (without < and >). */
const atom = "[\\w!#$%&'*+/=?^`{|}~-]+";
const dotAtom = `${atom}(?:\\.${atom})*`;
const messageIdPattern = new RegExp(
  `^${dotAtom}@(?:${dotAtom}|\\[[!-;=?-Z^-~]*\\])$`,
);
const mostMessageIdBytes = 998;

/** WIRE 8.1, 5.1: a bare id; what holds another does not open. */
const messageId = {
  write: text.write,
  read(input) {
    const id = text.read(input);
    insist(
      id.length <= mostMessageIdBytes && messageIdPattern.test(id),
      "not a bare message id",
    );
    return id;
  },
};

/** WIRE 8.1, 8.4: of mail that an account signed as its author. */
const kind = {
  write: u8.write,
  read(input) {
    const found = u8.read(input);
    insist(found === 1, `kind ${found}`);
    return found;
  },
};

const ranges = list(structure({ first: u64, last: u64 }));

/** WIRE 8.1, 9.2 */
export const numbering = { since: u64, absent: ranges, heard: u64, lacks: ranges };

/** WIRE 8.1: the first byte, and `common`. */
export const common = {
  kind,
  messageId,
  date: u64,
  from: text,
  to: list(text),
  cc: list(text),
  subject: text,
  inReplyTo: optional(messageId),
  references: list(messageId),
  attachments: list(structure({ name: text, type: text, size: u64 })),
  fileKey: raw(16),
  bodyBytes: u64,
  bodyPieces: list(raw(32)),
};
