/** What is in a message: its files, and its text in one of its forms. */
import type { BodyForms } from "../../../mime/text.ts";
import type { Attachment } from "../../../model/message.ts";
import { formatSize } from "../../../model/size.ts";
import { Icon } from "./icon.tsx";
import { PlainText } from "./plain_text.tsx";
import { Line } from "./words.tsx";

/** Files that are shown at once: a sender may name any number. */
const maxFiles = 100;

interface FilesProps {
  readonly id: number;
  readonly files: readonly Attachment[];
  readonly isForced: boolean;
}

export const Files = ({ id, files, isForced }: FilesProps) =>
  files.length === 0 ? null : (
    <section aria-label="Attachments">
      <h2>{files.length === 1 ? "1 attachment" : `${files.length} attachments`}</h2>
      <ul class="files-list">
        {files.slice(0, maxFiles).map(({ name, type, size }, at) => (
          <li>
            <a href={`attachment?id=${id}&n=${at + 1}${isForced ? "&anyway=1" : ""}`} download>
              <Icon name="clip" />
              <Line text={name} />
              <small>
                <Line text={type} />, {formatSize(size)}
              </small>
            </a>
          </li>
        ))}
      </ul>
      {files.length > maxFiles && (
        <p>And {files.length - maxFiles} more. Run `mailctl read {id} --save DIR` to save them.</p>
      )}
    </section>
  );

interface BodyProps {
  readonly id: number;
  readonly forms: BodyForms;
  readonly asHtml: boolean;
  readonly isForced: boolean;
  readonly problem: string | null;
}

/** The text of a message, or its HTML in a frame of its own. */
export const Body = ({ id, forms, asHtml, isForced, problem }: BodyProps) => {
  const { text, html } = forms;
  const more = isForced ? "&anyway=1" : "";
  const goesOn = !asHtml && text?.truncated;
  return (
    <section aria-label="Text">
      {html !== null && <OtherForm id={id} asHtml={asHtml} more={more} />}
      {asHtml && html !== null
        ? (
          <iframe
            class="html"
            sandbox=""
            src={`html?id=${id}${more}`}
            title="The message as HTML"
          >
          </iframe>
        )
        : text === null
        ? <p class="empty">{problem ?? "There is no text."}</p>
        : <PlainText text={text.text} />}
      {goesOn && <p>The text is cut off. Run `mailctl read {id} --body` to see all of it.</p>}
    </section>
  );
};

const OtherForm = ({ id, asHtml, more }: { id: number; asHtml: boolean; more: string }) => (
  <p class="forms">
    {asHtml
      ? <a href={`message?id=${id}${more}`}>Show as text</a>
      : <a href={`message?id=${id}&html=1${more}`}>Show as HTML, as the sender made it</a>}
  </p>
);
