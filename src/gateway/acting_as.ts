/** In whose name a mail program logs in: RFC 4616 2 lets it say so beside the name that the password is for. */

/** Tells whether somebody acts as nobody else; names may come with their domain or without. Empty: it is not said. */
export function isOneself(actingAs: string, name: string): boolean {
  const [a, b] = [actingAs.toLowerCase(), name.toLowerCase()];
  return a === "" || a === b || a.startsWith(`${b}@`) || b.startsWith(`${a}@`);
}
