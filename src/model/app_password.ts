/** Application passwords: what a program that is no mailctl client shows in the place of the account's password. */

/** What one is good for. `smtp`: handing mail to the server; `bridge`: a bridge that runs on the owner's machine. */
export const appPasswordScopes = ["smtp", "bridge"] as const;

export type AppPasswordScope = typeof appPasswordScopes[number];
