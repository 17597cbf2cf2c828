/** Mail that is gone once it is read: what will go is said first, and then all of it is shown, once. */
import type { EntryId } from "../../../model/ids.ts";
import type { Child } from "hono/jsx";
import type { OpenedMessage } from "../../../client/reading/opened_entry.ts";
import { limits } from "../../../model/limits.ts";
import type { Attachment } from "../../../model/message.ts";
import { formatSize } from "../../../model/size.ts";
import type { WholeFile, WholeMessage } from "../state/whole_message.ts";
import type { View } from "./frame.tsx";
import { Icon } from "./icon.tsx";
import { PlainText } from "./plain_text.tsx";
import { Line } from "./words.tsx";

interface StepProps {
  readonly view: View;
  readonly message: OpenedMessage;
}

/** Before it is read. Nothing but the form's button reads it. */
export const BurnStep = ({ view, message }: StepProps) => {
  const { id, outcome, headers: { attachments }, sealedBytes } = message;
  const forced = outcome === "invalid" ? "&anyway=1" : "";
  return (
    <section class="banner care" aria-labelledby="burns">
      <h2 id="burns">
        <Icon name="flame" /> You can read this once
      </h2>
      <p>
        As soon as this page has shown it, the server erases{" "}
        {whatGoes(attachments)}. Nothing shows it again, so take the time now
        {attachments.length > 0 && ", and save the files from the next page"}.
      </p>
      {attachments.length > 0 && (
        <ul>
          {attachments.map(({ name, size }) => (
            <li>
              <Line text={name} />, {formatSize(size)}
            </li>
          ))}
        </ul>
      )}
      {sealedBytes > limits.maxPageBurnBytes
        ? <TooLarge id={id} />
        : (
          <form data-once method="post" action={`burn?id=${id}${forced}&token=${view.token}`}>
            <button class="first" type="submit">
              {forced === "" ? "Read it now" : "Read it anyway"}, and erase it
            </button>
          </form>
        )}
    </section>
  );
};

function whatGoes(attachments: readonly Attachment[]): string {
  if (attachments.length === 0) return "its text";
  return attachments.length === 1
    ? "its text and its file"
    : `its text and its ${attachments.length} files`;
}

const TooLarge = ({ id }: { id: EntryId }) => (
  <p>
    It is larger than a page can show ({formatSize(limits.maxPageBurnBytes)}). Run{" "}
    <code>mailctl read {id} --save FOLDER</code> to save all of it, once.
  </p>
);

interface BurntProps {
  readonly whole: WholeMessage;
  /** What is said when it is known whether it was erased. */
  readonly children?: Child;
}

/** All that was in it. Its files are in the page itself: nobody else has them any more. */
export const Burnt = ({ whole: { texts, files }, children }: BurntProps) => (
  <section aria-label="Text" data-shown-once>
    {files.length > 0 && (
      <>
        <h2>
          {files.length === 1 ? "Save this file now" : `Save these ${files.length} files now`}
        </h2>
        <ul class="files-list">{files.map((file) => <FileLink file={file} />)}</ul>
      </>
    )}
    {texts.length === 0
      ? <p class="empty">There is no text.</p>
      : texts.map((text) => <PlainText text={text} />)}
    {children}
  </section>
);

const FileLink = ({ file: { name, bytes } }: { file: WholeFile }) => (
  <li>
    <a href={`data:application/octet-stream;base64,${bytes.toBase64()}`} download={name}>
      <Icon name="clip" />
      <Line text={name} />
      <small>{formatSize(bytes.length)}</small>
    </a>
  </li>
);

/** The last of the page: what became of the message. */
export const BurnEnd = ({ problem }: { problem: string | null }) => (
  problem === null
    ? (
      <p class="banner care" role="status">
        The server has erased it. When you leave this page or load it again, it is gone.
      </p>
    )
    : (
      <p class="banner bad" role="alert">
        Cannot tell whether it is erased: {problem}. Check whether the inbox still has it.
      </p>
    )
);
