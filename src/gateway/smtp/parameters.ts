/** What may stand behind the address of MAIL FROM and RCPT TO, and how it has to be written. */
import { SmtpRefusal } from "./refusal.ts";

export interface MailParameters {
  /** What the message is said to have; 0 if nothing is said. RFC 1870 */
  readonly bytes: number;
  /** ENVID of RFC 3461, decoded. */
  readonly envelopeId: string | null;
}

export interface RecipientParameters {
  readonly notifiesSuccess: boolean;
  /** ORCPT of RFC 3461, decoded: a type, `;` and an address. */
  readonly original: string | null;
}

/** Tells whether a value is well put; null: there is none. */
type Rule = (value: string | null) => boolean;
type Grammar = Readonly<Record<string, Rule>>;

/** RFC 1870, 6152, 6531, 4954 5. */
const mailRules: Grammar = {
  SIZE: like(/^\d{1,20}$/),
  BODY: like(/^(?:7BIT|8BITMIME)$/i),
  SMTPUTF8: (value) => value === null,
  AUTH: () => true,
};

/** RFC 3461 4; the lengths are of 4.2 and 4.4. */
const mailNoticeRules: Grammar = {
  RET: like(/^(?:FULL|HDRS)$/i),
  ENVID: (value) => value !== null && value.length <= 100 && isXtext(value),
};
const recipientNoticeRules: Grammar = {
  NOTIFY: like(/^(?:NEVER|(?:SUCCESS|FAILURE|DELAY)(?:,(?:SUCCESS|FAILURE|DELAY))*)$/i),
  ORCPT: (value) => {
    const [, type = "", address = ""] = /^([a-z0-9-]+);(.*)$/is.exec(value ?? "") ?? [];
    const plain = type.toLowerCase() === "utf-8" ? address.replace(/[^\0-\x7f]/g, "x") : address;
    return (value?.length ?? 0) <= 500 && isXtext(plain); // RFC 6533 3 has other letters as they are
  },
};

/** Parses what stands behind a sender. @throws {SmtpRefusal} `unknown_parameter`, `bad_parameter` */
export function parseMailParameters(text: string, offersNotices: boolean): MailParameters {
  const found = parse(text, { ...mailRules, ...(offersNotices ? mailNoticeRules : {}) });
  return { bytes: Number(found.get("SIZE") ?? 0), envelopeId: decodeXtext(found.get("ENVID")) };
}

/** Parses what stands behind a recipient. @throws {SmtpRefusal} `unknown_parameter`, `bad_parameter` */
export function parseRecipientParameters(
  text: string,
  offersNotices: boolean,
): RecipientParameters {
  const found = parse(text, offersNotices ? recipientNoticeRules : {});
  const wanted = found.get("NOTIFY")?.toUpperCase().split(",") ?? [];
  return {
    notifiesSuccess: wanted.includes("SUCCESS"),
    original: decodeXtext(found.get("ORCPT")),
  };
}

function parse(text: string, grammar: Grammar): Map<string, string | null> {
  const found = new Map<string, string | null>();
  for (const parameter of text.split(/\s+/).filter((each) => each !== "")) {
    const at = parameter.indexOf("=");
    const keyword = (at < 0 ? parameter : parameter.slice(0, at)).toUpperCase();
    // RFC 5321 4.1.1.11: what is asked for and not understood must not be passed over.
    if (!Object.hasOwn(grammar, keyword)) throw new SmtpRefusal("unknown_parameter");
    const value = at < 0 ? null : parameter.slice(at + 1);
    if (found.has(keyword) || !grammar[keyword]!(value)) throw new SmtpRefusal("bad_parameter");
    found.set(keyword, value);
  }
  return found;
}

function like(pattern: RegExp): Rule {
  return (value) => value !== null && pattern.test(value);
}

/** RFC 3461 4, of printable ASCII. */
function isXtext(text: string): boolean {
  return /^(?:[!-*,-<>-~]|\+(?:[2-6][0-9A-F]|7[0-9A-E]))+$/.test(text);
}

function decodeXtext(text: string | null | undefined): string | null {
  const decode = (_: string, hex: string) => String.fromCharCode(parseInt(hex, 16));
  return text?.replace(/\+([0-9A-F]{2})/g, decode) ?? null;
}
