/** The ways into a maildrop: USER and PASS, APOP (RFC 1939 7), and AUTH (RFC 5034). */
import { randomBytes } from "../../model/bytes.ts";
import { type LoginFault, type LoginHost, ProgramLogin } from "../sasl/program_login.ts";
import { Final, Refused } from "./refusal.ts";

const wrong = "[AUTH] Wrong name or password";

export class MaildropLogin extends ProgramLogin {
  readonly #host: LoginHost;
  /** What APOP is about, with its brackets; never said twice. */
  readonly greeted = `<${randomBytes(16).toHex()}@localhost>`;
  #user: string | null = null;

  constructor(host: LoginHost) {
    super(host, (fault) => this.#refusal(fault));
    this.#host = host;
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
    await this.check(name, password);
  }

  async apop([name = "", digest = ""]: readonly string[]): Promise<void> {
    const { shared } = this.#host;
    if (shared === null) throw new Refused("APOP is not available");
    if (!/^[0-9a-f]{32}$/i.test(digest)) throw new Refused("Usage: APOP NAME DIGEST");
    this.finish(await shared.provesByApop(name, this.greeted, digest));
  }

  #refusal(fault: LoginFault): Refused {
    switch (fault) {
      case "wrong":
        return new Refused(wrong);
      case "last":
        return new Final(wrong);
      case "malformed":
        return new Refused(
          "Usage: AUTH PLAIN, as in RFC 4616, or AUTH SCRAM-SHA-256, as in RFC 7677",
        );
      case "cancelled":
        return new Refused("Cancelled");
      case "unknown_mechanism":
        return new Refused(`Use one of ${this.mechanisms.join(" ")}`);
    }
  }
}
