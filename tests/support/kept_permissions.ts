/** Permissions that no command gives up: the process runs others after it. */
export const keptPermissions: Pick<typeof Deno.permissions, "querySync" | "revokeSync"> = {
  querySync: (query) => Deno.permissions.querySync(query),
  revokeSync: (query) => Deno.permissions.querySync(query),
};
