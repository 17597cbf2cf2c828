/** Files of the page, held in the program itself. */
import complete from "./asset/complete.js" with { type: "text" };
import compose from "./asset/compose.js" with { type: "text" };
import icon from "./asset/icon.svg" with { type: "text" };
import keys from "./asset/keys.js" with { type: "text" };
import live from "./asset/live.js" with { type: "text" };
import style from "./asset/page.css" with { type: "text" };
import page from "./asset/page.js" with { type: "text" };
import place from "./asset/place.js" with { type: "text" };
import press from "./asset/press.js" with { type: "text" };

interface Asset {
  readonly type: string;
  readonly text: string;
}

const script = (text: string): Asset => ({ type: "text/javascript; charset=utf-8", text });

export const assets: Readonly<Record<string, Asset>> = {
  "page.css": { type: "text/css; charset=utf-8", text: style },
  "icon.svg": { type: "image/svg+xml", text: icon },
  "page.js": script(page),
  "keys.js": script(keys),
  "live.js": script(live),
  "place.js": script(place),
  "press.js": script(press),
  "compose.js": script(compose),
  "complete.js": script(complete),
};
