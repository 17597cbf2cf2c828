import { loadGroup } from "./groups.ts";

await loadGroup("mail_programs");
