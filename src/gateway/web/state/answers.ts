/** Answers to forms that are done once: a hand that clicks twice, or loads an answer again, is shown the same. */
import { BoundedMap } from "../../../model/bounded_map.ts";

/** So many can be shown again. */
const most = 20;

export class Answers {
  readonly #done = new BoundedMap<string, Response>(most);

  /** Finds the answer to the form with this key. */
  find(key: string): Response | undefined {
    return this.#done.get(key)?.clone();
  }

  /** Keeps an answer; what failed is tried again when it comes again. */
  keep(key: string, response: Response): Response {
    if (response.ok || response.status === 303) this.#done.set(key, response.clone());
    return response;
  }

  clear(): void {
    this.#done.clear();
  }
}
