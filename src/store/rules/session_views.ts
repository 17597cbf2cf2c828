/** The views that sessions have of a store, each made once: a session asks often. */
import type { Actor, Store } from "../store.ts";

const noTerm = {};

export class SessionViews {
  readonly #views = new WeakMap<object, WeakMap<Actor, Store>>();

  /** `term`: what the back end heeds of the session's terms. */
  get(actor: Actor, make: () => Store, term: object = noTerm): Store {
    return this.#views.getOrInsertComputed(term, () => new WeakMap())
      .getOrInsertComputed(actor, make);
  }
}
