/** Calls that come at the same moment, several in one transaction: a commit costs about as much as what it commits. */
import { isRefusal, wrapError } from "../failures.ts";

/** So many are at work at once: half of the connections, so that others find one. */
const groupsAtOnce = 4;
/** Calls in one group. More make each call longer, and gain little. */
const most = 8;

interface Waiting<Call, Result> {
  readonly call: Call;
  resolve(result: Result | Promise<Result>): void;
  reject(error: unknown): void;
}

/** How calls are carried out. */
interface Carrying<Call, Result> {
  /** In one transaction, all or none. */
  together(calls: readonly Call[]): Promise<readonly Result[]>;
  /** One by itself, after a group with it failed: tried again where that is of use. */
  alone(call: Call): Promise<Result>;
}

/** While some are carried out, others collect. Nobody waits for company. */
export class Groups<Call, Result> {
  readonly #carrying: Carrying<Call, Result>;
  readonly #waiting: Waiting<Call, Result>[] = [];
  #running = 0;

  constructor(carrying: Carrying<Call, Result>) {
    this.#carrying = carrying;
  }

  /** Calls that no group has taken yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** @throws {MailError} what is wrong with this call: others of its group have their own answers */
  add(call: Call): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ call, resolve, reject });
      this.#next();
    });
  }

  #next(): void {
    while (this.#running < groupsAtOnce && this.#waiting.length > 0) {
      void this.#carryOut(this.#waiting.splice(0, most));
    }
  }

  /** Nobody knows by which call a group fails, or what each would have been told without the others. */
  async #carryOut(group: readonly Waiting<Call, Result>[]): Promise<void> {
    this.#running++;
    try {
      const results = await this.#carrying.together(group.map(({ call }) => call));
      for (const [at, { resolve }] of group.entries()) resolve(results[at]!);
    } catch (error) {
      const isAnswer = group.length === 1 && isRefusal(error);
      for (const { call, resolve, reject } of group) {
        if (isAnswer) reject(wrapError(error));
        else resolve(this.#carrying.alone(call));
      }
    } finally {
      this.#running--;
      this.#next();
    }
  }
}
