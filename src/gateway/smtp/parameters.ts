/** What may stand behind the address of MAIL FROM and RCPT TO, and how it has to be written. */

/** RFC 1870, 6152, 6531, 4954. */
const mailParameters = ["SIZE", "BODY", "SMTPUTF8", "AUTH"];
/** RFC 3461 4, where notices are offered. */
const noticeParameters = { MAIL: ["RET", "ENVID"], RCPT: ["NOTIFY", "ORCPT"] } as const;

/** A reply that refuses a command. */
export interface Fault {
  readonly code: number;
  readonly text: string;
}

/** Looks over a command with its parameters; null: nothing of that kind is wrong with it, whatever else may be. */
export function parameterFault(
  verb: "MAIL" | "RCPT",
  command: string,
  offersNotices: boolean,
): Fault | null {
  const [, behind = ""] = /^[^>]*>(.*)$/s.exec(command.trim()) ?? [];
  const [, ...parameters] = behind.split(/\s+/);
  const known = [
    ...(verb === "MAIL" ? mailParameters : []),
    ...(offersNotices ? noticeParameters[verb] : []),
  ];
  for (const parameter of parameters) {
    const [, name = "", value = ""] = /^([^=]*)=?(.*)$/s.exec(parameter)!;
    const keyword = name.toUpperCase();
    // RFC 5321 4.1.1.11: what is asked for and not understood must not be passed over.
    if (!known.includes(keyword)) return { code: 555, text: "Unknown parameter" };
    const isWritten = offersNotices ? grammar[keyword] : undefined;
    if (isWritten?.(value) === false) return { code: 501, text: `5.5.4 Bad ${keyword} parameter` };
  }
  return null;
}

/** What smtp-server takes as it comes; the lengths are of RFC 3461 4.2 and 4.4. */
const grammar: Readonly<Record<string, (value: string) => boolean>> = {
  ENVID: (value) => value.length <= 100 && isXtext(value),
  ORCPT: (value) => {
    const [, type = "", address = ""] = /^([a-z0-9-]+);(.*)$/is.exec(value) ?? [];
    const plain = type.toLowerCase() === "utf-8" ? address.replace(/[^\0-\x7f]/g, "x") : address;
    return value.length <= 500 && isXtext(plain); // RFC 6533 3 has other letters as they are
  },
};

/** RFC 3461 4, of printable ASCII. */
function isXtext(text: string): boolean {
  return /^(?:[!-*,-<>-~]|\+(?:[2-6][0-9A-F]|7[0-9A-E]))+$/.test(text);
}
