/**
 * Arguments as POSIX has them, in front of stricli: `-n5`, `-m -x`, `--message=` and values with line breaks
 * are values. stricli alone takes them for other flags or for arguments, so each value is handed over
 * attached to its flag and encoded, and decoded again where the flag parses it.
 */
import { type Hint, MailError } from "../model/errors.ts";
import type { CliCommand } from "./command_module.ts";

type Parameters = CliCommand["parameters"];
type Flags = NonNullable<Parameters["flags"]>;

const mark = ":"; // stricli wants at least one character after `=`

/** Flags as stricli knows them; it takes all others for arguments. */
const longFlag = /^[a-z][-.\d_a-z]+$/i;

/**
 * Attaches every value to its flag, encoded. Unknown flags of usual names stay as they are, for stricli to refuse.
 * @throws {MailError} `usage`
 */
export function attachValues(parameters: Parameters, args: readonly string[]): string[] {
  const attached: string[] = [];
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === "--") return [...attached, arg, ...rest];
    refuseOneDash(parameters, arg);
    attached.push(...attach(parameters, arg, rest));
  }
  return attached;
}

/** Puts words that are arguments, although they begin as flags do, where no flags are. */
export function behindFlags(
  args: readonly string[],
  isArgument: (word: string) => boolean,
): string[] {
  const end = args.indexOf("--");
  const [before, after] = end < 0 ? [args, []] : [args.slice(0, end), args.slice(end + 1)];
  const words = [...before.filter(isArgument), ...after];
  return [
    ...before.filter((word) => !isArgument(word)),
    ...(words.length > 0 ? ["--"] : []),
    ...words,
  ];
}

/** Gives a command parsers that decode what `attachValues` encoded, and refuse arguments that are empty. */
export function withDecodedValues(command: CliCommand): CliCommand {
  const flags: Flags = {};
  for (const [name, flag] of Object.entries(command.parameters.flags ?? {})) {
    if (flag.kind !== "parsed") flags[name] = flag;
    else flags[name] = { ...flag, parse: (text: string) => parseValue(flag.parse, decode(text)) };
  }
  return { ...command, parameters: { ...command.parameters, flags, ...notEmpty(command) } };
}

/** A script's variable that is not set is no name, no file and no pattern; another program may want it. */
function notEmpty({ parameters: { flags = {}, positional } }: CliCommand): Partial<Parameters> {
  if (positional === undefined || "exec" in flags) return {};
  const checked = <P extends { parse: (text: string) => unknown; placeholder?: string }>(
    each: P,
  ) => ({
    ...each,
    parse: (text: string) =>
      parseValue(each.parse, requireGiven(text, each.placeholder ?? "argument")),
  });
  return {
    positional: positional.kind === "array"
      ? { ...positional, parameter: checked(positional.parameter) }
      : { ...positional, parameters: positional.parameters.map(checked) },
  };
}

/** Refuses a value that is empty. @throws {MailError} `usage` */
export function requireGiven(text: string, placeholder: string): string {
  if (text !== "") return text;
  throw new MailError("usage", `Cannot use "" as ${placeholder}: it is empty`);
}

/** Tells whether the arguments, up to a `--`, have a switch; also where they cannot be parsed. */
export function hasSwitch(args: readonly string[], name: string): boolean {
  const end = args.indexOf("--");
  return (end < 0 ? args : args.slice(0, end)).includes(name);
}

function attach(parameters: Parameters, arg: string, rest: string[]): string[] {
  if (arg === "-" || !arg.startsWith("-")) return [arg];
  const long = /^--([^=]+)(?:=([^]*))?$/.exec(arg);
  if (long) return attachLong(parameters, [arg, long[1]!, long[2]], rest);
  const short = /^-([a-zA-Z])([^]*)$/.exec(arg);
  if (short) return attachShort(parameters, short[1]!, short[2]!, rest);
  throw noSuchFlag(arg);
}

/** `-subject` would be the flag -s with the value "ubject". @throws {MailError} `usage` */
function refuseOneDash({ flags = {} }: Parameters, arg: string): void {
  const isLong = /^-[a-zA-Z]/.test(arg) && Object.hasOwn(flags, internalName(arg.slice(1)));
  if (isLong) throw noSuchFlag(arg, `Write -${arg}.`);
}

function noSuchFlag(
  arg: string,
  hint: Hint = "If this is not a flag, put -- before it.",
): MailError {
  return new MailError("usage", `Cannot understand ${arg}: there is no such flag`, { hint });
}

/** As the table of flags has it: `replyTo` of `reply-to`. */
function internalName(name: string): string {
  return name.replace(/-./g, (pair) => pair[1]!.toUpperCase());
}

function attachLong(
  { flags = {} }: Parameters,
  [arg, name, given]: readonly [arg: string, name: string, given: string | undefined],
  rest: string[],
): string[] {
  const internal = internalName(name);
  // stricli finds --constructor and the like in every object, as a flag.
  if (internal in {} || !longFlag.test(name)) throw noSuchFlag(arg);
  const flag = flags[internal];
  if (flag?.kind !== "parsed") {
    if (given !== "") return [arg];
    return [flag === undefined ? `--${name}` : arg + mark]; // stricli takes `--flag=` for an argument
  }
  const value = given ?? rest.shift();
  return [value === undefined ? arg : `--${name}=${encode(value)}`];
}

function attachShort(
  parameters: Parameters,
  letter: string,
  tail: string,
  rest: string[],
): string[] {
  const { flags = {}, aliases = {} } = parameters;
  const name = (aliases as Record<string, string>)[letter];
  const isSwitch = name === undefined || flags[name]?.kind !== "parsed";
  if (!isSwitch) {
    const value = tail === "" ? rest.shift() : tail;
    return [value === undefined ? `-${letter}` : `-${letter}=${encode(value)}`];
  }
  return [`-${letter}`, ...(tail === "" ? [] : attach(parameters, `-${tail}`, rest))];
}

function encode(value: string): string {
  return mark + encodeURIComponent(value.toWellFormed());
}

function decode(text: string): string {
  return text.startsWith(mark) ? decodeURIComponent(text.slice(mark.length)) : text;
}

// stricli passes its context as `this`; no parser of ours looks at it.
function parseValue(parse: (text: string) => unknown, text: string): unknown {
  return parse(text);
}
