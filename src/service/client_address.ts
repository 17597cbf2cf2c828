/** What limits count as one caller: an IPv4 address, an IPv6 network of 64 bits, or all of IPv4's loopback. */
import { forwardedZone } from "../model/loopback.ts";

/**
 * Names the group that an address is counted in. A name that is not an IP address stands for itself. A program on this
 * machine may call from any address of 127.0.0.0/8.
 */
export function addressGroup(address: string): string {
  const bare = unmapped(address);
  if (/^127\.[\d.]+$/.test(bare)) return "127.0.0.1";
  return bare.includes(":") ? `${network(bare)}::/64` : bare;
}

/**
 * True for callers on the server's own machine: loopback addresses, and connections that have no IP address. Never for
 * those that came through a forwarder.
 */
export function isLocal(address: string): boolean {
  if (address.endsWith(forwardedZone)) return false;
  const bare = unmapped(address);
  if (bare.includes(":")) return bare === "::1";
  return bare.startsWith("127.") || !/^\d+\.\d+\.\d+\.\d+$/.test(bare);
}

/** RFC 4291 2.5.5.2: an IPv4 address on a socket of both families; RFC 4007 11: a zone is not the peer's. */
function unmapped(address: string): string {
  return address.toLowerCase().replace(/%.*$/, "").replace(/^::ffff:(?=\d+\.)/, "");
}

/** The first four groups of an IPv6 address, with `::` filled in. */
function network(address: string): string {
  const [head = "", tail = ""] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === "" ? [] : tail.split(":");
  const zeros = address.includes("::") ? 8 - before.length - after.length : 0;
  const groups = [...before, ...Array<string>(Math.max(zeros, 0)).fill("0"), ...after];
  return groups.slice(0, 4).map((group) => parseInt(group, 16).toString(16)).join(":");
}
