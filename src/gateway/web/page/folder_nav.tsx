/** The folders at the side of a page, nested as their names are, each with what is in it. */
import type { FolderSummary } from "../../../client/filing/folder_summaries.ts";
import { isBuiltIn } from "../../../client/filing/named_folder.ts";
import { amount } from "../../../model/message.ts";
import { folderHref } from "../folder_key.ts";
import { Icon, type IconName } from "./icon.tsx";
import { Line } from "./words.tsx";

/** A folder with those below it. `label`: its name without that of the folder that it is below. */
export interface FolderNode {
  readonly folder: FolderSummary;
  readonly label: string;
  readonly below: readonly FolderNode[];
}

const order: readonly FolderSummary["use"][] = [
  "inbox",
  "sent",
  "drafts",
  "archive",
  "junk",
  "trash",
  "none",
];

/** Puts each folder below the nearest that its name is below of; what is below of none stands by itself. */
export function folderTree(folders: readonly FolderSummary[]): FolderNode[] {
  const sorted = folders.toSorted((a, b) =>
    order.indexOf(a.use) - order.indexOf(b.use) || (a.name < b.name ? -1 : 1)
  );
  const above = new Map<FolderSummary | null, FolderSummary[]>();
  for (const folder of sorted) {
    above.getOrInsertComputed(parentOf(folder, folders), () => []).push(folder);
  }
  const below = (parent: FolderSummary | null): FolderNode[] =>
    (above.get(parent) ?? []).map((folder) => ({
      folder,
      label: parent === null ? folder.name : folder.name.slice(parent.name.length + 1),
      below: below(folder),
    }));
  return below(null);
}

/** The folders of a tree, each before those below it. */
export function flat(nodes: readonly FolderNode[]): FolderSummary[] {
  return nodes.flatMap(({ folder, below }) => [folder, ...flat(below)]);
}

function parentOf({ name }: FolderSummary, folders: readonly FolderSummary[]) {
  const levels = name.split("/");
  for (let count = levels.length - 1; count > 0; count--) {
    const wanted = levels.slice(0, count).join("/");
    const found = folders.find((folder) => folder.name === wanted);
    if (found !== undefined) return found;
  }
  return null;
}

interface NavProps {
  readonly folders: readonly FolderSummary[];
  /** The address of the list that is shown, as `folderHref` has it. */
  readonly here: string | undefined;
}

export const FolderNav = ({ folders, here }: NavProps) => (
  <nav id="folders" class="folders" aria-label="Folders">
    <Level nodes={folderTree(folders)} here={here} />
    <a class="edit" href="folders" aria-current={here === "folders" ? "page" : undefined}>
      Edit folders
    </a>
  </nav>
);

const Level = ({ nodes, here }: { nodes: readonly FolderNode[]; here: string | undefined }) => (
  <ul>
    {nodes.map(({ folder, label, below }) => (
      <li>
        <FolderLink folder={folder} label={label} here={here} />
        {below.length > 0 && <Level nodes={below} here={here} />}
      </li>
    ))}
  </ul>
);

interface LinkProps {
  readonly folder: FolderSummary;
  readonly label: string;
  readonly here?: string | undefined;
}

export const FolderLink = ({ folder, label, here }: LinkProps) => {
  const href = folderHref(folder);
  const { messages, unread } = folder;
  return (
    <a href={href} aria-current={href === here ? "page" : undefined}>
      <Icon name={icons[folder.use]} />
      <span class="cut">
        <Line text={isBuiltIn(folder) ? titleOf(folder) : label} />
      </span>
      <span class="amount" title={`${amount(messages)}, ${unread} unread`}>
        {unread > 0 && (
          <b>
            {unread}
            <span class="hidden">unread of</span>
          </b>
        )}
        <span class="total">{messages}</span>
        <span class="hidden">messages</span>
      </span>
    </a>
  );
};

const icons: Readonly<Record<FolderSummary["use"], IconName>> = {
  inbox: "inbox",
  sent: "sent",
  drafts: "pen",
  archive: "archive",
  junk: "junk",
  trash: "trash",
  none: "folder",
};

/** What a person calls a folder: the page says Inbox, where mail programs have to say INBOX. */
export function titleOf({ name, use }: Pick<FolderSummary, "name" | "use">): string {
  return use === "inbox" ? "Inbox" : name;
}
