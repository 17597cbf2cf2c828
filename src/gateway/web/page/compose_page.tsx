import type { ChosenTerms } from "../../../client/submission/draft_terms.ts";
/** Writing a message. Without scripts it is one form; with them, files go up as they are chosen. */
import type { EntryId } from "../../../model/ids.ts";
import { formatSize } from "../../../model/size.ts";
import { visibleLine } from "../../../model/visible_text.ts";
import type { DraftForm } from "../state/drafts.ts";
import type { DraftUpload } from "../state/uploads.ts";
import { EnterPresses } from "./enter_presses.tsx";
import { Failure, PageFrame, type ShownFailure, type View } from "./frame.tsx";
import { Icon } from "./icon.tsx";
import { Options } from "./options.tsx";

/** A message as it was typed so far. */
export interface Written extends ChosenTerms, DraftForm {
  readonly to: string;
  readonly cc: string;
  readonly bcc: string;
  readonly subject: string;
  readonly text: string;
  /** Id of the message that it answers. */
  readonly reply: EntryId | null;
  /** Id of the message that goes with it. */
  readonly forward: EntryId | null;
}

interface ComposeProps {
  readonly view: View;
  readonly written: Written;
  readonly uploads: readonly DraftUpload[];
  /** What one message may hold. */
  readonly most: number;
  /** What was written is nowhere but on the page then. */
  readonly failure?: ShownFailure | undefined;
}

export const ComposePage = ({ view, written, uploads, most, failure }: ComposeProps) => {
  const { reply, forward, draft } = written;
  const title = reply !== null ? "Reply" : forward !== null ? "Forward" : "Compose";
  return (
    <PageFrame view={view} title={title} here="compose">
      <h1>{title}</h1>
      {failure && <Failure failure={failure} />}
      <form
        id="compose"
        class="compose"
        method="post"
        action={`send?token=${view.token}`}
        enctype="multipart/form-data"
        autocomplete="off"
        data-most={most}
        data-unkept={failure && "yes"}
      >
        <EnterPresses formaction={`keep-draft?token=${view.token}`} formnovalidate />
        <input type="hidden" name="draft" value={draft} />
        <input type="hidden" name="stored" value={written.stored ?? ""} />
        <input type="hidden" name="writer" value={written.writer} />
        {reply !== null && <input type="hidden" name="reply" value={reply} />}
        {forward !== null && <input type="hidden" name="forward" value={forward} />}
        <Recipients written={written} />
        <SubjectAndText written={written} />
        <Attachments view={view} written={written} uploads={uploads} most={most} />
        <Options terms={written} />
        <SendButton view={view} isKept={written.stored !== null} />
      </form>
    </PageFrame>
  );
};

const Recipients = ({ written: { to, cc, bcc } }: Pick<ComposeProps, "written">) => (
  <>
    <Addresses name="to" label="To" value={to} isWanted isFirst={to === ""} />
    <details open={cc !== "" || bcc !== ""}>
      <summary>Copies</summary>
      <Addresses name="cc" label="Cc" value={cc} />
      <Addresses name="bcc" label="Bcc" value={bcc} />
    </details>
  </>
);

const SubjectAndText = ({ written: { to, subject, text } }: Pick<ComposeProps, "written">) => (
  <>
    <label for="subject">Subject</label>
    <input id="subject" name="subject" value={subject} maxlength={2000} autocomplete="off" />
    <label for="text">Text</label>
    <textarea id="text" name="text" rows={14} dir="auto" autofocus={to !== ""}>
      {`\n${text}`}
    </textarea>
  </>
);

const Attachments = ({ view, written, uploads, most }: ComposeProps) => (
  <fieldset class="attach">
    <legend>Attachments</legend>
    {written.forward !== null && (
      <p>
        <Icon name="clip" /> Message {written.forward}, unchanged
      </p>
    )}
    <ul id="files" class="files-list">
      {uploads.map((upload) => <Attached upload={upload} view={view} draft={written.draft} />)}
    </ul>
    <label for="file">Add files, at most {formatSize(most)} in all</label>
    <input id="file" name="file" type="file" multiple />
  </fieldset>
);

const SendButton = ({ view, isKept }: { view: View; isKept: boolean }) => (
  <>
    <p id="sending" role="status" hidden>
      <span>Encrypting and sending</span> <progress aria-label="Sending"></progress>
    </p>
    <div class="actions">
      <button class="first" type="submit">
        <Icon name="sent" />
        Send
      </button>
      <button type="submit" formnovalidate formaction={`keep-draft?token=${view.token}`}>
        Save draft
      </button>
      <button
        class="quiet"
        type="submit"
        formnovalidate
        formaction={`discard-draft?token=${view.token}`}
      >
        {isKept ? "Move the draft to the trash" : "Discard"}
      </button>
      <span id="kept" role="status"></span>
    </div>
  </>
);

interface AddressesProps {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly isWanted?: boolean;
  readonly isFirst?: boolean;
}

const Addresses = ({ name, label, value, isWanted, isFirst }: AddressesProps) => (
  <div class="combo">
    <label for={name}>{label}</label>
    <input
      id={name}
      name={name}
      value={value}
      required={isWanted}
      autofocus={isFirst}
      autocomplete="off"
      autocapitalize="off"
      spellcheck={false}
      aria-describedby={isWanted ? "to-help" : undefined}
      data-complete="yes"
    />
    {isWanted && <small id="to-help">Names or addresses, separated by commas</small>}
  </div>
);

interface AttachedProps {
  readonly upload: DraftUpload;
  readonly view: View;
  readonly draft: string;
}

export const Attached = ({ upload: { id, name, bytes }, view, draft }: AttachedProps) => (
  <li data-id={id} data-size={bytes.length}>
    <input type="hidden" name="attached" value={id} />
    <Icon name="clip" />
    <bdi>{visibleLine(name)}</bdi>
    <small>{formatSize(bytes.length)}</small>
    <button
      type="submit"
      formnovalidate
      formaction={`unload?draft=${draft}&id=${id}&token=${view.token}`}
    >
      Remove<span class="hidden">{visibleLine(name)}</span>
    </button>
  </li>
);
