/** Addresses to listen on, and those of forwarders, as people write them. */
import { MailError } from "../../model/errors.ts";
import { type IpPrefix, parseIpPrefix } from "../../net/ip_address.ts";

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

/** Parses IP addresses and prefixes with commas or blanks between them. @throws {MailError} `usage` */
export function parseForwarders(text: string): IpPrefix[] {
  return text.split(/[\s,]+/).filter((word) => word !== "").map((word) => {
    const prefix = parseIpPrefix(word);
    if (prefix !== null) return prefix;
    throw new MailError(
      "usage",
      `Cannot use "${word}" as a forwarder: it is not an IP address or network`,
      {
        hint: "Write an address or a network: 10.0.0.5, 10.0.0.0/24, 2001:db8::5.",
      },
    );
  });
}
