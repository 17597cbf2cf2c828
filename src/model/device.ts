/** Who acts for an account beside its owner: saved logins, and programs with an application password. */

/** `mail`: all that needs no password; `send`: send mail, and read none; `read`: read mail, and send none. */
export const deviceScopes = ["mail", "send", "read"] as const;

export type DeviceScope = typeof deviceScopes[number];

/** Who calls at a server: an owner by the password, or a device by its scope. */
export type Power = "owner" | DeviceScope;

/** What an application password is good for. `smtp`: handing mail to the server; `bridge`: a bridge on the owner's machine. */
export const appPasswordScopes = ["smtp", "bridge"] as const;

export type AppPasswordScope = typeof appPasswordScopes[number];
