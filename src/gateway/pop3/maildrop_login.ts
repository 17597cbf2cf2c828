/** The ways into a maildrop: USER and PASS, APOP (RFC 1939 7), and AUTH (RFC 5034). Only so many may be wrong. */
import { randomBytes } from "../../model/bytes.ts";
import { limits } from "../../model/limits.ts";
import { isOneself } from "../acting_as.ts";
import { decodeToken } from "../sasl/base64.ts";
import type { FindScramKeys } from "../sasl/scram_exchange.ts";
import { ScramSteps } from "../sasl/scram_steps.ts";
import { Final, Refused } from "./refusal.ts";

export interface LoginHost {
  /** False: wrong. @throws {MailError} `try_later` for too many guesses */
  authenticate(name: string, password: string): Promise<boolean>;
  /** Logins in which the password is not said; null: there are none. */
  readonly shared: {
    scramKeys: FindScramKeys;
    provesByApop(name: string, greeted: string, digest: string): Promise<boolean>;
  } | null;
}

/** What the other side hears next; null: it is logged in. */
type Challenge = Promise<string | null>;

export class MaildropLogin {
  readonly #host: LoginHost;
  /** What APOP is about, with its brackets; never said twice. */
  readonly greeted = `<${randomBytes(16).toHex()}@localhost>`;
  readonly mechanisms: readonly string[];
  #user: string | null = null;
  #expects: ((answer: string) => Challenge) | null = null;
  #wrongPasswords = 0;
  isDone = false;

  constructor(host: LoginHost) {
    this.#host = host;
    this.mechanisms = host.shared === null ? ["PLAIN"] : ["SCRAM-SHA-256", "PLAIN"];
  }

  /** The next line is an answer, and no command. */
  get isExpecting(): boolean {
    return this.#expects !== null;
  }

  forget(): void {
    this.#user = null;
  }

  user(name: string): void {
    if (name === "") throw new Refused("Usage: USER NAME");
    this.#user = name;
  }

  async pass(password: string): Promise<void> {
    const name = this.#user;
    this.#user = null;
    if (name === null) throw new Refused("Send USER first");
    this.#finish(await this.#host.authenticate(name, password));
  }

  async apop([name = "", digest = ""]: readonly string[]): Promise<void> {
    const { shared } = this.#host;
    if (shared === null) throw new Refused("APOP is not available");
    if (!/^[0-9a-f]{32}$/i.test(digest)) throw new Refused("Usage: APOP NAME DIGEST");
    this.#finish(await shared.provesByApop(name, this.greeted, digest));
  }

  /** Begins AUTH. */
  async begin(mechanism: string, initial: string | undefined): Challenge {
    if (!this.mechanisms.includes(mechanism.toUpperCase())) {
      throw new Refused(`Use one of ${this.mechanisms.join(" ")}`);
    }
    const first = mechanism.toUpperCase() === "PLAIN"
      ? (said: string) => this.#plain(said)
      : this.#byScram();
    return initial === undefined ? this.#ask("", first) : await first(initial);
  }

  /** Takes the line that was expected. */
  async answer(line: string): Challenge {
    const goOn = this.#expects!;
    this.#expects = null;
    if (line === "*") throw new Refused("Cancelled");
    return await goOn(line);
  }

  #byScram(): (said: string) => Challenge {
    const steps = new ScramSteps((name) => this.#host.shared!.scramKeys(name));
    return (said) => this.#step(steps, said);
  }

  /** RFC 4616: authorization identity, name and password, parted by NULs. */
  async #plain(said: string): Challenge {
    const [actingAs = "", name = "", password = "", ...more] = decodeToken(said)?.split("\0") ?? [];
    if (name === "" || more.length > 0) throw new Refused("Usage: AUTH PLAIN, as in RFC 4616");
    const isRight = isOneself(actingAs, name) && await this.#host.authenticate(name, password);
    return this.#finish(isRight);
  }

  async #step(steps: ScramSteps, said: string): Challenge {
    const step = await steps.take(said);
    if (step === "malformed") throw new Refused("Usage: AUTH SCRAM-SHA-256, as in RFC 7677");
    if (typeof step === "string") return this.#finish(step === "right");
    return this.#ask(step.challenge, (said) => this.#step(steps, said));
  }

  #ask(challenge: string, then: (answer: string) => Challenge): string {
    this.#expects = then;
    return challenge;
  }

  #finish(isRight: boolean): null {
    this.isDone = isRight;
    if (isRight) return null;
    const text = "[AUTH] Wrong name or password";
    throw ++this.#wrongPasswords < limits.maxWrongPasswords ? new Refused(text) : new Final(text);
  }
}
