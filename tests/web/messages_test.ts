/** Messages of all kinds on the page: on terms, in conversations, and hostile ones. */
import { readBurning } from "./burn_steps.ts";
import { readConversations } from "./conversation_steps.ts";
import { readHostileMail } from "./hostile_mail_steps.ts";
import { inChromium } from "./in_chromium.ts";
import { sendLater } from "./later_steps.ts";
import { readPictures } from "./related_steps.ts";

inChromium("messages", {
  "mail that goes later": sendLater,
  "mail that burns": readBurning,
  "conversations": readConversations,
  "pictures in HTML": readPictures,
  "hostile mail": readHostileMail,
});
