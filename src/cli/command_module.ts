/** What a file in `commands/` exports, and what the parser hands to it. */
import type { Command, CommandContext } from "@stricli/core";

/** All commands, as help and completion read them. */
export interface CommandTable {
  /** In the order of the help. */
  readonly names: readonly string[];
  /** The names by what they are about. */
  readonly sections: readonly (readonly [title: string, names: readonly string[]])[];
  /** Loads a command; null if there is none of that name. */
  load(name: string): Promise<CommandModule | null>;
}

/** `this` of a command while it runs. */
export interface CliContext extends CommandContext {
  readonly commands: CommandTable;
}

export type CliCommand = Command<CliContext>;

/** A command with its help beside it. */
export interface CommandModule {
  readonly command: CliCommand;
  /** Lines as they would be typed, comments after `#`. */
  readonly examples: readonly string[];
  /** Tells which words are arguments although they begin as flags do. */
  readonly isArgument?: (word: string) => boolean;
  /** Instead of running `command`: for arguments that are not ours to define. */
  readonly runUnparsed?: (args: readonly string[], context: CliContext) => Promise<void>;
}
