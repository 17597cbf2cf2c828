/** Addresses to listen on, as people write them. */
import { MailError } from "../../model/errors.ts";

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** Parses `HOST:PORT` or `[V6]:PORT`; port 0 is any free one. @throws {MailError} `usage` */
export function parseListen(text: string): ListenAddress {
  const [, v6, name, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const [host, port] = [v6 ?? name, Number(digits)];
  if (host !== undefined && port <= 65535) return { host, port };
  throw new MailError("usage", `Cannot listen on "${text}": it is not HOST:PORT`);
}
