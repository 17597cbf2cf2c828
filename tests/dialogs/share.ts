/** The transcripts of this folder, shared out: a file of tests has one worker, and all of them keep one busy for long. */
import { playDialog } from "../support/dialog.ts";

const folder = import.meta.dirname!;

/** As many as there are `dialogs_N_test.ts`. */
export const shares = 4;

/** Names of the transcripts. */
export const dialogNames: readonly string[] = [...Deno.readDirSync(folder)]
  .flatMap(({ name }) => name.endsWith(".txt") ? [name.slice(0, -".txt".length)] : []).sort();

export function readDialog(name: string): string {
  return Deno.readTextFileSync(`${folder}/${name}.txt`);
}

/** Plays every fourth transcript, beginning with the `share`-th, from 1. */
export function playShare(share: number): void {
  for (const [at, name] of dialogNames.entries()) {
    if (at % shares !== share - 1) continue;
    Deno.test(`dialog ${name}`, () => playDialog(readDialog(name)));
  }
}
