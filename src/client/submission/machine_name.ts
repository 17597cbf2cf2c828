/**
 * Takes `@localhost` off: programs write to names of their own machine like that, and mean the name. Whatever else is
 * behind an `@` stays.
 */
export function withoutLocalhost(address: string): string {
  return address.replace(/@localhost$/i, "");
}
