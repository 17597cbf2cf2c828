/** Addresses that nobody but this machine reaches. */

/** True for a host that is this machine by its name or number: RFC 5735 4, RFC 4291 2.5.3, RFC 6761 6.3. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/** Behind a loopback address that a forwarder told: nobody is on this machine by the word of another. */
export const forwardedZone = "%forwarded";
