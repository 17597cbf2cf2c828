/** Names of this machine that stand for accounts, as aliases(5) has them: who gets the mail of root, and of anybody else. */
import { MailError } from "../../model/errors.ts";
import { parseTaggedAddress, withoutTag } from "../../model/tagged_address.ts";

/** One name of a file of aliases. */
export interface Alias {
  /** Names and addresses, as they were written. */
  readonly targets: readonly string[];
  /** For messages. */
  readonly from: string;
}

/** How many names may lead to each other before an address comes. */
const maxAliasSteps = 10;

export class LocalAliases {
  readonly #aliases: ReadonlyMap<string, Alias>;

  /** `aliases` has names in lower case. @throws {MailError} `configuration` for a loop, or a way that is too long */
  constructor(aliases: ReadonlyMap<string, Alias>) {
    this.#aliases = aliases;
    const heights = new Map<string, number>();
    for (const name of aliases.keys()) this.#heightOf(name, [], heights);
  }

  /**
   * Finds who is meant by the name or address of a recipient. A name that is not listed, and that no account has, is
   * whom `default` names.
   */
  async resolve(
    recipient: string,
    hasAccount: (name: string) => Promise<boolean>,
  ): Promise<readonly string[]> {
    if (recipient.includes("@")) return [recipient];
    const listed = [recipient, withoutTag(recipient)]
      .find((each) => this.#aliases.has(folded(each)));
    if (listed !== undefined) return [...new Set(this.#expand(listed))];
    const mayBeAnybody = this.#aliases.has(defaultName);
    if (!mayBeAnybody || (isName(recipient) && await hasAccount(recipient))) return [recipient];
    return [...new Set(this.#expand(defaultName))];
  }

  /** Goes through each name once, whatever the lists have in common. */
  #expand(name: string, seen: Set<string> = new Set()): string[] {
    const key = folded(name);
    const targets = this.#aliases.get(key)?.targets;
    if (targets === undefined) return [name];
    if (seen.has(key)) return [];
    seen.add(key);
    return targets.flatMap((each) => folded(each) === key ? [each] : this.#expand(each, seen));
  }

  /** The steps from a name to the last of its addresses. A name that names itself is the account. */
  #heightOf(name: string, path: readonly string[], heights: Map<string, number>): number {
    const alias = this.#aliases.get(name);
    if (alias === undefined) return 0;
    if (path.includes(name)) throw unusable(alias.from, `"${name}" leads back to itself`);
    const known = heights.get(name);
    if (path.length + (known ?? 1) > maxAliasSteps) {
      throw unusable(alias.from, tooMany(path[0] ?? name));
    }
    if (known !== undefined) return known;
    const others = alias.targets.map(folded).filter((target) => target !== name);
    const below = others.map((target) => this.#heightOf(target, [...path, name], heights));
    const height = 1 + Math.max(0, ...below);
    heights.set(name, height);
    return height;
  }
}

/** As of msmtp. */
const defaultName = "default";

function folded(name: string): string {
  return name.toLowerCase();
}

function isName(text: string): boolean {
  try {
    return parseTaggedAddress(text).domain === null;
  } catch {
    return false;
  }
}

function tooMany(name: string): string {
  return `"${name}" leads over more than ${maxAliasSteps} names`;
}

/** Of a file of aliases; `from` names the line. */
export function unusable(from: string, reason: string): MailError {
  return new MailError("configuration", `Cannot use ${from}: ${reason}`);
}
