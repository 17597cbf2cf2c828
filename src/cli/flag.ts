/** The kinds of flag and argument that commands are made of. A value is checked where it is parsed. */
import { type EntryId, entryId } from "../model/ids.ts";
import { MailError } from "../model/errors.ts";
import { requireGiven } from "./arguments.ts";

/** A flag that is there or not. */
export function switchFlag(brief: string) {
  return { kind: "boolean", brief, withNegated: false, default: false } as const;
}

/** A flag with a text that is not empty: a script's variable that is not set is no name, and no filter. */
export function textFlag(placeholder: string, brief: string) {
  return parsedFlag(placeholder, brief, (text) => requireGiven(text, placeholder));
}

/** A flag that may be given several times. */
export function listFlag(placeholder: string, brief: string) {
  return repeatable(textFlag(placeholder, brief));
}

/** The same flag, given as often as somebody likes. */
export function repeatable<F extends ReturnType<typeof textFlag>>(flag: F) {
  return { ...flag, variadic: true } as const;
}

/** A flag whose text means something else. */
export function parsedFlag<T>(placeholder: string, brief: string, parse: (text: string) => T) {
  return { kind: "parsed", parse, placeholder, brief, optional: true } as const;
}

/** One argument that has to be there. */
export function textArgument(placeholder: string, brief: string) {
  return { kind: "tuple", parameters: [{ placeholder, brief, parse: String }] } as const;
}

/** One argument that may be left out. */
export function optionalArgument(placeholder: string, brief: string) {
  const parameter = { placeholder, brief, parse: String, optional: true } as const;
  return { kind: "tuple", parameters: [parameter] } as const;
}

/** Arguments of one kind, `minimum` or more of them. */
export function listArgument<T>(
  placeholder: string,
  brief: string,
  parse: (text: string) => T,
  minimum = 1,
) {
  return { kind: "array", minimum, parameter: { placeholder, brief, parse } } as const;
}

export const jsonFlag: ReturnType<typeof switchFlag> = switchFlag(
  "Write JSON to stdout, also on failure",
);

/** Parses a message id. @throws {MailError} `malformed` */
export function parseId(text: string): EntryId {
  const id = Number(text);
  if (/^[0-9]+$/.test(text) && id > 0 && Number.isSafeInteger(id)) return entryId(id);
  throw new MailError(
    "malformed",
    `Cannot use "${text}" as a message id: it is a number from 1`,
  );
}

/** Makes a parser of one of some words. */
export function oneOf<const W extends string>(
  what: string,
  words: readonly W[],
): (text: string) => W {
  return (text) => {
    const found = words.find((word) => word === text);
    if (found !== undefined) return found;
    const all = `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
    throw new MailError("usage", `Cannot use "${text}" as ${what}: it is ${all}`);
  };
}

/** Makes a parser of whole numbers within bounds. */
export function wholeNumber(what: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^[0-9]+$/.test(text) && value >= least && value <= most) return value;
    throw new MailError("usage", `Cannot use "${text}" as ${what}: it is ${least} to ${most}`);
  };
}
