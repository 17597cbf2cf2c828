import { loadGroup } from "./groups.ts";

await loadGroup("e2e_long");
