/** Styles of a stranger: what sets letters and boxes stays, what loads, moves or covers goes. */

const properties: ReadonlySet<string> = new Set(
  (
    "background-color border border-bottom border-collapse border-color border-left border-radius " +
    "border-right border-spacing border-style border-top border-width color direction display " +
    "font font-family font-size font-style font-variant font-weight height letter-spacing " +
    "line-height list-style-type margin margin-bottom margin-left margin-right margin-top " +
    "max-width min-width overflow-wrap padding padding-bottom padding-left padding-right " +
    "padding-top text-align text-decoration text-indent text-transform vertical-align visibility " +
    "white-space width word-break word-spacing"
  ).split(" "),
);

/** Words, numbers, colours, quoted names of fonts. No backslash, no parenthesis but those of a colour. */
const value = /^(?:[-\w#%.,!\s/'"]|\b(?:rgba?|hsla?)\([-\d.,%\s/]*\))*$/i;

/** Keeps the declarations that are allowed. */
export function allowedStyle(style: string): string {
  return style
    .split(";")
    .flatMap((declaration) => {
      const [name = "", ...rest] = declaration.split(":");
      const [property, text] = [name.trim().toLowerCase(), rest.join(":").trim()];
      return properties.has(property) && text !== "" && value.test(text)
        ? [`${property}:${text}`]
        : [];
    })
    .join(";");
}
