/** How a store is opened. */

export interface OpenOptions {
  /** The domain that the accounts must have; null: the one recorded. */
  readonly domain: string | null;
  /** What is recorded on first use where no domain is demanded; `localhost` unless given. */
  readonly firstDomain?: string | undefined;
  /** Refuses a PostgreSQL database that is empty, instead of making its tables. */
  readonly mustExist?: boolean;
  /** What the process calls itself among those that serve one database. */
  readonly software?: string | undefined;
}
