/** The version of mailctl. The same as in `deno.json`, which a program in one file does not carry. */
export const version = "0.1.0";
