/** AUTH SCRAM-SHA-256 as a mail program says it, a line of base 64 a step: RFC 5802 5, RFC 7677. */
import { utf8 } from "../../model/bytes.ts";
import { isOneself } from "../acting_as.ts";
import { decodeToken } from "./base64.ts";
import { type FindScramKeys, ScramExchange } from "./scram_exchange.ts";

/** What is said next, in base 64; or how it ended. */
export type ScramStep = { readonly challenge: string } | "malformed" | "wrong" | "right";

export class ScramSteps {
  readonly #exchange: ScramExchange;
  #next: (said: string) => Promise<ScramStep> = (said) => this.#first(said);

  constructor(find: FindScramKeys) {
    this.#exchange = new ScramExchange(find);
  }

  /** Takes the next line of the program. Once a step ended it there is none. */
  take(token: string): Promise<ScramStep> {
    return this.#next(token);
  }

  async #first(token: string): Promise<ScramStep> {
    const challenge = await this.#exchange.first(decodeToken(token) ?? "");
    return challenge === null ? "malformed" : this.#ask(challenge, (token) => this.#prove(token));
  }

  async #prove(token: string): Promise<ScramStep> {
    const outcome = await this.#exchange.final(decodeToken(token) ?? "");
    if (outcome === null) return "malformed";
    const { actingAs, name } = this.#exchange.names;
    if (!outcome.isRight || !isOneself(actingAs, name)) return "wrong";
    return this.#ask(
      outcome.serverFinal,
      (token) => Promise.resolve(token === "" ? "right" : "malformed"),
    );
  }

  #ask(challenge: string, next: (token: string) => Promise<ScramStep>): ScramStep {
    this.#next = next;
    return { challenge: utf8(challenge).toBase64() };
  }
}
