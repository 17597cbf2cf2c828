/** AUTH (RFC 4954) with SCRAM-SHA-256, PLAIN and LOGIN: in one line or in steps, and only so many wrong passwords. */
import { utf8 } from "../../model/bytes.ts";
import { limits } from "../../model/limits.ts";
import { isOneself } from "../acting_as.ts";
import { type FindScramKeys, ScramExchange } from "../sasl/scram_exchange.ts";
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

  /** RFC 5802 */
  async #scram(initial: string | undefined): Promise<Reply> {
    if (initial === undefined) return this.#ask("", (token) => this.#scram(token));
    const exchange = new ScramExchange(this.#scramKeys!);
    const challenge = await exchange.first(decodeBase64(initial));
    if (challenge === null) throw new SmtpRefusal("bad_credentials");
    return this.#ask(utf8(challenge).toBase64(), (token) => this.#prove(exchange, token));
  }

  async #prove(exchange: ScramExchange, token: string): Promise<Reply> {
    const outcome = await exchange.final(decodeBase64(token));
    if (outcome === null) throw new SmtpRefusal("bad_credentials");
    const { actingAs, name } = exchange.names;
    if (!outcome.isRight || !isOneself(actingAs, name)) return this.#end(false);
    return this.#ask(utf8(outcome.serverFinal).toBase64(), (token) => {
      if (token !== "") throw new SmtpRefusal("bad_credentials");
      return this.#end(true);
    });
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
