/** What the page knows of its connection. */

/** Why there is none and will be none without the user. */
export type LinkTrouble = "unreachable" | "refused" | "rights" | "address";

/** The connection. Times are milliseconds since the Unix epoch by the browser's clock. */
export type Link =
  | { readonly state: "idle" }
  | { readonly state: "connecting" }
  | { readonly state: "live"; readonly server: string }
  | { readonly state: "lost"; readonly since: number }
  | { readonly state: "failed"; readonly why: LinkTrouble; readonly message: string };

/** What became of the list of all locks. */
export type Listing = "pending" | "done" | "denied" | "unanswered" | "failed";

/** Whether the bucket repeats its changes, so that they are pushed. */
export type Repeats = "unknown" | "yes" | "no";

/** How and where to connect; what is typed here is kept nowhere. */
export interface Settings {
  /** Websocket address. */
  readonly servers: string;
  readonly bucket: string;
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
  /** Text of a credentials file. */
  readonly creds?: string;
  /** What the subjects of answers begin with. Default: `_INBOX_<user>`, else `_INBOX`. */
  readonly inboxPrefix?: string;
  /** Lease length in milliseconds where holders do not say it. */
  readonly ttl?: number;
  /** True if this page's server has a demo to drive. */
  readonly demo?: boolean;
}
