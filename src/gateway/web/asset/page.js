/** What every page does beyond what its HTML does by itself. Without scripts all of it works, with more loading. */
import { completeAddresses } from "./complete.js";
import { composeWithProgress } from "./compose.js";
import { handleKeys } from "./keys.js";
import { listen } from "./live.js";

listen();
handleKeys();
for (const input of document.querySelectorAll("[data-complete]")) {
  completeAddresses(input);
}
const form = document.getElementById("compose");
if (form !== null) composeWithProgress(form);
