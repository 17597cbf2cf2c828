/** What is not as it should be while a process runs: told when it begins, and when it is over. */

export type WarningListener = (warning: string, isOver: boolean) => void;

export class Warnings {
  readonly #listeners = new Set<WarningListener>();
  /** By what they are about. */
  readonly #told = new Map<string, string>();

  watch(listener: WarningListener): () => void {
    const own: WarningListener = (warning, isOver) => listener(warning, isOver);
    for (const warning of this.#told.values()) own(warning, false);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  /** Null: all is well with it. A warning that only reads otherwise than before is no news. */
  set(about: string, warning: string | null): void {
    const before = this.#told.get(about);
    if ((before === undefined) === (warning === null)) return;
    if (warning === null) this.#told.delete(about);
    else this.#told.set(about, warning);
    for (const listener of [...this.#listeners]) listener(warning ?? before!, warning === null);
  }
}
