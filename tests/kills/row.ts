/** What a row of the table of commands that change something says. */
import type { Home, RunOptions } from "../support/program.ts";
import type { Person } from "../support/person.ts";
import type { JobName } from "../../src/store/sqlite/jobs.ts";
import type { Kept, Stand } from "./stand.ts";

/** One use of a command, prepared so that nothing is missing but the command itself, and what it changes. */
export interface Act extends Kept {
  /** Nobody else's: all rows of a file are killed together. */
  readonly home: Home;
  readonly args: readonly string[];
  readonly options?: RunOptions;
}

/** How a command ends: its exit status, and what it says. */
export interface Ending {
  readonly status: number;
  readonly err: RegExp;
}

/** A command in the middle of whose write, at the server, it and the server are killed. */
export interface Row {
  /** As the help lists it; words behind it tell rows of one command apart. */
  readonly command: string;
  /** The write that it is about. */
  readonly write: JobName;
  /** Makes what the command needs, anew for each round. */
  act(stand: Stand, person: Person, round: string): Promise<Act>;
  /** Exit status where the server was killed; 69 unless it is said. */
  readonly cut?: number;
  /** How it ends where nothing is in its way; with 0 unless it is said. */
  readonly done?: Ending;
  /** How it ends after it was carried out already; as the first time unless it is said. */
  readonly again?: Ending;
  /** True for what changes how messages are filed; for others that is no more than a note. */
  readonly files?: boolean;
  /** True for what does something more each time it is repeated. */
  readonly adds?: boolean;
}
