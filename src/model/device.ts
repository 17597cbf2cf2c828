/** Devices: what a saved login may do. */

/** `mail`: all that needs no password; `send`: send mail, and read none; `read`: read mail, and send none. */
export const deviceScopes = ["mail", "send", "read"] as const;

export type DeviceScope = typeof deviceScopes[number];

/** Who calls at a server: an owner by the password, or a device by its scope. */
export type Power = "owner" | DeviceScope;
