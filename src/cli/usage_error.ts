/** Says in our words what stricli found wrong with the arguments. */
import * as stricli from "@stricli/core";
import { type Hint, MailError } from "../model/errors.ts";

/** Translates what was thrown while arguments were parsed; a MailError of a parser stays what it is. */
export function argumentError(error: unknown, command: string): MailError {
  if (error instanceof stricli.ArgumentParseError && error.exception instanceof MailError) {
    return error.exception;
  }
  const hint = suggestion(error, command) ?? helpHint(command);
  return new MailError("usage", `Cannot run ${command}: ${reason(error)}`, { hint, cause: error });
}

/** Says which argument of a command is missing. */
export function missingArgument(command: string, name: string): MailError {
  const hint = helpHint(command);
  return new MailError("usage", `Cannot run ${command}: ${name} is missing`, { hint });
}

/**
 * Makes sure that a command has an id, and what belongs to it in another argument.
 * @throws {MailError} `usage`
 */
export function requireIdAnd(other: string, words: readonly string[], command: string): void {
  if (words.length > 1) return;
  throw missingArgument(command, /^\d+$/.test(words[0] ?? "") ? other : "ID");
}

function helpHint(command: string): Hint {
  return `Run \`mailctl help ${command}\` for its flags and arguments.`;
}

/**
 * Makes sure that arguments are what was typed: the runtime puts U+FFFD in the place of bytes that are not UTF-8, and
 * that is the name of no file, or of another. @throws {MailError} `usage`
 */
export function requireText(args: readonly string[]): void {
  const damaged = args.find((argument) => argument.includes("\ufffd"));
  if (damaged === undefined) return;
  throw new MailError("usage", `Cannot use "${damaged}": it is not UTF-8`, {
    hint: "Write it in UTF-8. To attach such a file, use `--attach -:NAME < FILE`.",
  });
}

/** How far a name may be from what was typed, to be suggested: three letters left out, or one too many. */
export const nearEnough = {
  threshold: 3,
  weights: { insertion: 1, deletion: 3, substitution: 2, transposition: 0 },
} as const;

/** Says that there is no such command, and which may have been meant. */
export function unknownCommand(input: string, corrections: readonly string[]): MailError {
  return new MailError("usage", `Cannot run "${input}": there is no such command`, {
    hint: input.startsWith("-")
      ? "Put flags after the command."
      : corrections.length === 0
      ? "Run `mailctl help all` for the list."
      : `Did you mean ${corrections.join(" or ")}?`,
  });
}

// By class, not by name: names do not survive the minifier.
function reason(error: unknown): string {
  if (error instanceof stricli.FlagNotFoundError) return `there is no flag --${error.input}`;
  if (error instanceof stricli.AliasNotFoundError) return `there is no flag -${error.input}`;
  if (error instanceof stricli.UnsatisfiedFlagError) {
    return `--${error.externalFlagName} needs a value`;
  }
  if (error instanceof stricli.UnexpectedFlagError) {
    return `--${error.externalFlagName} was given twice`;
  }
  if (error instanceof stricli.UnexpectedPositionalError) {
    return `it takes ${countOf(error.expectedCount)}, so "${error.input}" is too many`;
  }
  if (error instanceof stricli.UnsatisfiedPositionalError) {
    const names = error.placeholder.split(" ");
    return `${names.join(" and ")} ${names.length > 1 ? "are" : "is"} missing`;
  }
  if (error instanceof stricli.ArgumentParseError) {
    return `--${error.externalFlagNameOrPlaceholder} takes no value`;
  }
  return "its arguments cannot be understood";
}

function suggestion(error: unknown, command: string): Hint | null {
  if (error instanceof stricli.AliasNotFoundError) {
    return `Run \`mailctl help ${command}\` for its flags. If this is not a flag, put -- before it.`;
  }
  if (!(error instanceof stricli.FlagNotFoundError) || error.corrections.length === 0) return null;
  const names = error.corrections.map((name) => `--${kebabCase(name)}`);
  return `Did you mean ${names.join(" or ")}?`;
}

/** stricli gives the names of flags as the code has them. */
function kebabCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function countOf(arguments_: number): string {
  if (arguments_ === 0) return "no argument";
  return arguments_ === 1 ? "one argument" : `${arguments_} arguments`;
}
