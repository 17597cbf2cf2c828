/** PROXY protocol headers as a forwarder sends them, and as somebody forges them. */
import { concatBytes } from "../../src/model/bytes.ts";
import { parseIpAddress } from "../../src/net/ip_address.ts";

const signature = Uint8Array.fromHex("0d0a0d0a000d0a515549540a");

/** The fields of a version 2 header. */
export interface BinaryHeader {
  /** Version and command: 0x21 is PROXY, 0x20 LOCAL. */
  readonly command?: number;
  /** Family and protocol: 0x11 is TCP over IPv4, 0x21 over IPv6. */
  readonly family: number;
  readonly rest: Uint8Array;
  /** The length that it claims. */
  readonly length?: number;
}

export function binaryHeader({ command = 0x21, family, rest, length = rest.length }: BinaryHeader) {
  const fixed = new Uint8Array([command, family, length >> 8, length & 255]);
  return concatBytes([signature, fixed, rest]);
}

/** Version 2 for a client, with what follows the addresses. */
export function binaryHeaderFor(client: string, more: Uint8Array = new Uint8Array()): Uint8Array {
  const source = parseIpAddress(client)!;
  const ports = new Uint8Array([0xc3, 0x50, 0x11, 0x71]);
  const rest = concatBytes([source, new Uint8Array(source.length), ports, more]);
  return binaryHeader({ family: source.length === 4 ? 0x11 : 0x21, rest });
}

/** Version 1 for a client. */
export function lineHeaderFor(client: string): Uint8Array {
  const [family, server] = client.includes(":") ? ["TCP6", "::2"] : ["TCP4", "192.0.2.2"];
  return new TextEncoder().encode(`PROXY ${family} ${client} ${server} 50000 4465\r\n`);
}

/** What HAProxy sends with a health check of its own. */
export const localHeader: Uint8Array = binaryHeader({
  command: 0x20,
  family: 0,
  rest: new Uint8Array(),
});
