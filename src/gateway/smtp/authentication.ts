/** AUTH (RFC 4954) with SCRAM-SHA-256, PLAIN and LOGIN: in one line or in steps, and only so many wrong passwords. */
import { limits } from "../../model/limits.ts";
import { isOneself } from "../acting_as.ts";
import type { FindScramKeys } from "../sasl/scram_exchange.ts";
import { ScramSteps } from "../sasl/scram_steps.ts";
import { decodeBase64, decodeName, decodePlain, type SaslCredentials } from "./credentials.ts";
import { type Reply, SmtpRefusal } from "./refusal.ts";

export type Check = (name: string, password: string) => Promise<boolean>;

type Answered = Reply | Promise<Reply>;

export class Authentication {
  readonly #check: Check;
  readonly #scramKeys: FindScramKeys | undefined;
  /** Those offered, the best first. */
  readonly mechanisms: readonly string[];
  #expects: ((answer: string) => Answered) | null = null;
  #wrongPasswords = 0;
  isLoggedIn = false;

  /** `scramKeys`: where there are none, SCRAM-SHA-256 is not offered. */
  constructor(check: Check, scramKeys?: FindScramKeys) {
    this.#check = check;
    this.#scramKeys = scramKeys;
    this.mechanisms = [...(scramKeys === undefined ? [] : ["SCRAM-SHA-256"]), "PLAIN", "LOGIN"];
  }

  /** The next line is an answer, and no command. */
  get isExpecting(): boolean {
    return this.#expects !== null;
  }

  /** Begins with what stands behind AUTH. @throws {SmtpRefusal} */
  begin(argument: string): Answered {
    if (this.isLoggedIn) throw new SmtpRefusal("logged_in");
    const [mechanism = "", initial, ...more] = argument.split(/\s+/);
    const name = mechanism.toUpperCase();
    if (!this.mechanisms.includes(name)) throw new SmtpRefusal("unknown_mechanism");
    if (more.length > 0) throw new SmtpRefusal("bad_credentials");
    if (name === "LOGIN") return this.#login(initial);
    return name === "PLAIN" ? this.#plain(initial) : this.#scram(initial);
  }

  /** Takes the line that was expected. @throws {SmtpRefusal} */
  answer(line: string): Answered {
    const goOn = this.#expects!;
    this.#expects = null;
    if (line === "*") throw new SmtpRefusal("login_cancelled");
    return goOn(line);
  }

  #plain(initial: string | undefined): Answered {
    if (initial !== undefined) return this.#finish(decodePlain(initial));
    return this.#ask("", (token) => this.#finish(decodePlain(token)));
  }

  #login(initial: string | undefined): Answered {
    if (initial === undefined) return this.#ask("VXNlcm5hbWU6", (token) => this.#login(token));
    const name = decodeName(initial);
    return this.#ask("UGFzc3dvcmQ6", (token) => {
      return this.#finish({ actingAs: "", name, password: decodeBase64(token) });
    });
  }

  #scram(initial: string | undefined): Answered {
    const steps = new ScramSteps(this.#scramKeys!);
    if (initial !== undefined) return this.#step(steps, initial);
    return this.#ask("", (token) => this.#step(steps, token));
  }

  async #step(steps: ScramSteps, token: string): Promise<Reply> {
    const step = await steps.take(token);
    if (step === "malformed") throw new SmtpRefusal("bad_credentials");
    if (typeof step === "string") return this.#end(step === "right");
    return this.#ask(step.challenge, (token) => this.#step(steps, token));
  }

  #ask(challenge: string, then: (answer: string) => Answered): Reply {
    this.#expects = then;
    return [334, challenge];
  }

  async #finish({ actingAs, name, password }: SaslCredentials): Promise<Reply> {
    return this.#end(isOneself(actingAs, name) && await this.#check(name, password));
  }

  #end(isRight: boolean): Reply {
    this.isLoggedIn = isRight;
    if (this.isLoggedIn) return [235, "2.7.0 Authentication successful"];
    const isLast = ++this.#wrongPasswords >= limits.maxWrongPasswords;
    throw new SmtpRefusal(isLast ? "too_many_passwords" : "wrong_password");
  }
}
