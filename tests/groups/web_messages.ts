import { loadGroup } from "./groups.ts";

await loadGroup("web_messages");
