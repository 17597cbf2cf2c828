/** What AUTH carries: PLAIN (RFC 4616) and LOGIN, in base 64. */
import { decodeToken } from "../sasl/base64.ts";
import { hasControl } from "./codec.ts";
import { SmtpRefusal } from "./refusal.ts";

export interface SaslCredentials {
  /** In whose name; empty: it is not said. */
  readonly actingAs: string;
  readonly name: string;
  readonly password: string;
}

/** Decodes PLAIN. Many programs name the account in front only. @throws {SmtpRefusal} `bad_credentials` */
export function decodePlain(token: string): SaslCredentials {
  const [actingAs = "", name = "", password, ...more] = decodeBase64(token).split("\0");
  if (password === undefined || more.length > 0) throw new SmtpRefusal("bad_credentials");
  requireText(actingAs);
  return { actingAs, name: requireText(name || actingAs), password };
}

/** Decodes the name of LOGIN. @throws {SmtpRefusal} `bad_credentials` */
export function decodeName(token: string): string {
  const name = requireText(decodeBase64(token));
  if (name === "") throw new SmtpRefusal("bad_credentials");
  return name;
}

/** Decodes what AUTH says. @throws {SmtpRefusal} `bad_credentials` */
export function decodeBase64(token: string): string {
  const text = decodeToken(token);
  if (text === null) throw new SmtpRefusal("bad_credentials");
  return text;
}

function requireText(text: string): string {
  if (hasControl(text)) throw new SmtpRefusal("bad_credentials");
  return text;
}
