/** The text of a file of aliases: aliases(5), without what runs programs or writes files. */
import { parseAddressList } from "../../mime/header/address_list.ts";
import { MailError } from "../../model/errors.ts";
import { type Alias, LocalAliases, unusable } from "./local_aliases.ts";

/** Bytes of a file of aliases. */
export const maxAliasesBytes = 256 * 1024;

/**
 * Parses lines of `name: target, target`. A line that begins with a blank goes on with the one before it; `#` begins a
 * comment, at the start of a line or behind a blank.
 * @throws {MailError} `configuration`, naming the line
 */
export function parseAliases(text: string, path: string): LocalAliases {
  const aliases = new Map<string, Alias>();
  for (const { number, line } of logicalLines(text)) {
    const from = `line ${number} of ${path}`;
    const [, name, value = ""] = /^([^\s:@"]+)\s*:\s*(.*)$/.exec(line) ?? [];
    if (name === undefined) throw unusable(from, "it is not `name: address, ...`");
    if (aliases.has(name.toLowerCase())) throw unusable(from, `"${name}" was set before`);
    aliases.set(name.toLowerCase(), { targets: targetsOf(value, from), from });
  }
  return new LocalAliases(aliases);
}

function logicalLines(text: string): { number: number; line: string }[] {
  const lines: { number: number; line: string }[] = [];
  for (const [index, each] of text.split(/\r?\n/).entries()) {
    const line = each.replace(/(?:^|\s)#.*$/, "");
    const last = lines.at(-1);
    if (line.trim() === "") continue;
    if (/^\s/.test(line) && last !== undefined) last.line += ` ${line.trim()}`;
    else lines.push({ number: index + 1, line: line.trimEnd() });
  }
  return lines;
}

function targetsOf(value: string, from: string): string[] {
  const [, special] = /(?:^|,)\s*"?\s*(\||\/|:include:)/i.exec(value) ?? [];
  if (special !== undefined) throw unusable(from, unsupported[special.toLowerCase()]!);
  const targets = addressesOf(value, from);
  if (targets.length === 0) throw unusable(from, "it names nobody");
  return targets;
}

/** What aliases(5) has besides addresses, and why it is not here. */
const unsupported: Readonly<Record<string, string>> = {
  "|": "mailctl does not run programs for mail. Use `mailctl watch --exec` for that",
  "/": "mailctl does not append mail to files. Use an address",
  ":include:": "mailctl does not read lists from other files. Write the addresses here",
};

function addressesOf(value: string, from: string): string[] {
  try {
    return parseAddressList(value).map(({ address }) => address);
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    const isList = error.code === "malformed";
    throw unusable(
      from,
      isList ? error.message.replace(/^[^:]*: /, "") : "it has too many addresses",
    );
  }
}
