/** Answers to forms that are done once: a hand that clicks twice, or loads an answer again, is shown the same. */
import { BoundedMap } from "../../../model/bounded_map.ts";

/** So many can be shown again. */
const most = 20;

export class Answers {
  readonly #done = new BoundedMap<string, Response>(most);

  /** Answers the form with this key; what failed is tried again when it comes again. */
  async once(key: string, answer: () => Promise<Response>): Promise<Response> {
    const done = this.#done.get(key);
    if (done !== undefined) return done.clone();
    const response = await answer();
    if (response.ok || response.status === 303) this.#done.set(key, response.clone());
    return response;
  }

  clear(): void {
    this.#done.clear();
  }
}
