/** What to do about a key that changed: the same words wherever one is met. */

/** Advises on the keys of these addresses (`name@domain`), of which there is at least one. */
export function changedKeyHint(addresses: readonly string[]): string {
  const name = addresses.length === 1 ? addresses[0] : "NAME";
  return "Ask by another way whether they have a new key; " +
    `if so, \`mailctl trust ${name}\` accepts it.`;
}
