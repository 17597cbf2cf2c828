/** Looks at the store, one for all who heard that the same thing may have changed. */

/** Looks under way, by what they look for. */
export class SharedLooks {
  readonly #underWay = new Map<string, Promise<unknown>>();

  /** Lets nobody join the look under way: it may have missed what the store tells now. */
  outdate(subject: string): void {
    this.#underWay.delete(subject);
  }

  /** Joins the look under way, or begins one. Looks for the same subject have the same result type. */
  share<T>(subject: string, look: () => Promise<T>): Promise<T> {
    const joined = this.#underWay.get(subject);
    if (joined !== undefined) return joined as Promise<T>;
    const begun = look().finally(() => {
      if (this.#underWay.get(subject) === begun) this.#underWay.delete(subject);
    });
    this.#underWay.set(subject, begun);
    return begun;
  }
}
