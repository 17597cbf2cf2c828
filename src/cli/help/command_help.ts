/** The help of every command as data: for `mailctl help`, and for docs/reference.md. */
import type { CliCommand, CommandTable } from "../command_module.ts";

/** A flag as help shows it. */
export interface FlagHelp {
  /** `-n, --limit COUNT` */
  readonly usage: string;
  readonly brief: string;
}

export interface CommandHelp {
  readonly name: string;
  /** One line, without a full stop. */
  readonly brief: string;
  /** `mailctl read [FLAGS] ID...` */
  readonly usage: string;
  readonly description: string;
  readonly arguments: readonly FlagHelp[];
  readonly flags: readonly FlagHelp[];
  readonly examples: readonly string[];
}

type Parameters = CliCommand["parameters"];
type Positional = NonNullable<Parameters["positional"]>;

/** Collects the help of one command; null where there is none of that name. */
export async function commandHelp(
  name: string,
  commands: CommandTable,
): Promise<CommandHelp | null> {
  const module = await commands.load(name);
  if (module === null) return null;
  const { brief, fullDescription, parameters } = module.command;
  const flags = flagHelps(parameters);
  const words = argumentUsages(parameters.positional);
  return {
    name,
    brief,
    usage: ["mailctl", name, ...(flags.length > 0 ? ["[FLAGS]"] : []), ...words].join(" "),
    description: fullDescription ?? brief,
    arguments: argumentHelps(parameters.positional, words),
    flags,
    examples: module.examples,
  };
}

/** Collects the help of all commands, in their order. */
export async function allCommandHelps(commands: CommandTable): Promise<CommandHelp[]> {
  const helps = await Promise.all(commands.names.map((name) => commandHelp(name, commands)));
  return helps.filter((help) => help !== null);
}

function flagHelps({ flags = {}, aliases = {} }: Parameters): FlagHelp[] {
  const letters = new Map(Object.entries(aliases).map(([letter, name]) => [name, letter]));
  return Object.entries(flags).map(([name, flag]) => {
    const letter = letters.get(name);
    const long = `--${name.replace(/[A-Z]/g, (upper) => `-${upper.toLowerCase()}`)}`;
    const value = "placeholder" in flag && flag.placeholder ? ` ${flag.placeholder}` : "";
    return { usage: `${letter ? `-${letter}, ` : "    "}${long}${value}`, brief: flag.brief };
  });
}

function argumentUsages(positional: Positional | undefined): string[] {
  if (positional === undefined) return [];
  if (positional.kind === "array") {
    const { minimum = 0, parameter: { placeholder } } = positional;
    return [minimum > 0 ? `${placeholder}...` : `[${placeholder}...]`];
  }
  return positional.parameters.map(({ placeholder, optional }) =>
    optional ? `[${placeholder}]` : `${placeholder}`
  );
}

function argumentHelps(positional: Positional | undefined, usages: readonly string[]): FlagHelp[] {
  const briefs = positional === undefined
    ? []
    : positional.kind === "array"
    ? [positional.parameter.brief]
    : positional.parameters.map(({ brief }) => brief);
  return briefs.map((brief, at) => ({ usage: usages[at] ?? "", brief }));
}
