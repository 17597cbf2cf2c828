/** A head start for commands that talk to a server. Nothing else may be imported here. */

/** Commands that make no connection, or not as a client. */
const offline = new Set([
  "serve",
  "admin",
  "help",
  "completion",
  "--help",
  "-h",
  "--version",
]);

/**
 * Lets the runtime's TLS library gather its entropy while the program is still being loaded. It does so once a
 * process, for 25 ms, on the thread that needs it first: here a thread of the runtime's pool instead of the one that
 * runs the program. The key that this makes is thrown away.
 */
export function makeEntropy([command]: readonly string[]): void {
  if (command === undefined || offline.has(command)) return;
  crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-384" }, false, ["sign"]).catch(
    () => {},
  );
}
