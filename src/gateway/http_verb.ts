/** A page in a browser can connect to a port of this machine, and what it says must not be taken for commands. */

/** Tells whether a request of HTTP begins so. */
export function isHttpVerb(word: string): boolean {
  return /^(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|TRACE|CONNECT|PATCH|HOST:)$/i.test(word);
}
