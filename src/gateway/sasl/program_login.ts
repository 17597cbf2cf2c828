/** How a mail program logs in, whatever protocol it speaks: SASL in steps, and only so many wrong passwords. */
import { limits } from "../../model/limits.ts";
import { isOneself } from "../acting_as.ts";
import { decodeToken } from "./base64.ts";
import type { FindScramKeys } from "./scram_exchange.ts";
import { ScramSteps } from "./scram_steps.ts";

export interface LoginHost {
  /** False: wrong. @throws {MailError} `try_later` for too many guesses */
  authenticate(name: string, password: string): Promise<boolean>;
  /** Logins in which the password is not said; null: there are none. */
  readonly shared: {
    scramKeys: FindScramKeys;
    provesByApop(name: string, greeted: string, digest: string): Promise<boolean>;
  } | null;
}

/** Why a program is not logged in. `last`: wrong once too often, and the connection ends. */
export type LoginFault = "wrong" | "last" | "malformed" | "cancelled" | "unknown_mechanism";

/** What the other side hears next, in base 64; null: it is logged in. */
export type Challenge = Promise<string | null>;

export class ProgramLogin {
  readonly #host: LoginHost;
  readonly #refuse: (fault: LoginFault) => Error;
  /** Those of SASL, the best first. */
  readonly mechanisms: readonly string[];
  #expects: ((answer: string) => Challenge) | null = null;
  #wrongPasswords = 0;
  isDone = false;

  /** `refuse`: makes the error that is thrown for a fault. */
  constructor(host: LoginHost, refuse: (fault: LoginFault) => Error) {
    this.#host = host;
    this.#refuse = refuse;
    this.mechanisms = host.shared === null ? ["PLAIN"] : ["SCRAM-SHA-256", "PLAIN"];
  }

  /** The next line is an answer, and no command. */
  get isExpecting(): boolean {
    return this.#expects !== null;
  }

  async check(name: string, password: string): Promise<void> {
    this.finish(await this.#host.authenticate(name, password));
  }

  /** Counts a proof, of whatever kind. */
  finish(isRight: boolean): void {
    this.isDone = isRight;
    if (isRight) return;
    throw this.#refuse(++this.#wrongPasswords < limits.maxWrongPasswords ? "wrong" : "last");
  }

  /** Begins a mechanism of SASL, with its initial response where there is one. */
  async begin(mechanism: string, initial: string | undefined): Challenge {
    const name = mechanism.toUpperCase();
    if (!this.mechanisms.includes(name)) throw this.#refuse("unknown_mechanism");
    const first = name === "PLAIN" ? (said: string) => this.#plain(said) : this.#byScram();
    return initial === undefined ? this.#ask("", first) : await first(initial);
  }

  /** Takes the line that was expected. */
  async answer(line: string): Challenge {
    const goOn = this.#expects!;
    this.#expects = null;
    if (line === "*") throw this.#refuse("cancelled");
    return await goOn(line);
  }

  #byScram(): (said: string) => Challenge {
    const steps = new ScramSteps((name) => this.#host.shared!.scramKeys(name));
    return (said) => this.#step(steps, said);
  }

  /** RFC 4616: authorization identity, name and password, parted by NULs. */
  async #plain(said: string): Challenge {
    const [actingAs = "", name = "", password = "", ...more] = decodeToken(said)?.split("\0") ?? [];
    if (name === "" || more.length > 0) throw this.#refuse("malformed");
    const isRight = isOneself(actingAs, name) && await this.#host.authenticate(name, password);
    this.finish(isRight);
    return null;
  }

  async #step(steps: ScramSteps, said: string): Challenge {
    const step = await steps.take(said);
    if (step === "malformed") throw this.#refuse("malformed");
    if (typeof step !== "string") {
      return this.#ask(step.challenge, (said) => this.#step(steps, said));
    }
    this.finish(step === "right");
    return null;
  }

  #ask(challenge: string, then: (answer: string) => Challenge): string {
    this.#expects = then;
    return challenge;
  }
}
