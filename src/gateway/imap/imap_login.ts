/** The ways into an account: LOGIN and AUTHENTICATE (RFC 9051 6.2). */
import { type LoginFault, type LoginHost, ProgramLogin } from "../sasl/program_login.ts";
import { Bad, Last, No } from "./refusal.ts";

const wrong = "Wrong name or password";

export class ImapLogin extends ProgramLogin {
  constructor(host: LoginHost) {
    super(host, refusalOf);
  }
}

function refusalOf(fault: LoginFault): Error {
  switch (fault) {
    case "wrong":
      return new No(wrong, "AUTHENTICATIONFAILED");
    case "last":
      return new Last(wrong, "AUTHENTICATIONFAILED");
    case "malformed":
      return new Bad("The answer is not as the mechanism has it");
    case "cancelled":
      return new Bad("Cancelled");
    case "unknown_mechanism":
      return new No("There is no such mechanism", "CANNOT");
  }
}
