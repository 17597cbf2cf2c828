/** The pages of docs/ that `mailctl help` and the man page show as well. */
import keys from "../../../docs/keys.md" with { type: "text" };
import security from "../../../docs/security.md" with { type: "text" };

/** Name of the topic -> its page, in Markdown. */
export const topicPages: Readonly<Record<"keys" | "security", string>> = { keys, security };
