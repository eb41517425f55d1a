/** What the page knows about its connection. */

/** Why there is no connection until the user changes something. */
export type LinkTrouble = "unreachable" | "refused" | "rights" | "address";

/** The connection. Times are milliseconds since the Unix epoch by the browser's clock. */
export type Link =
  | { readonly state: "idle" }
  | { readonly state: "connecting" }
  | { readonly state: "live"; readonly server: string }
  | { readonly state: "lost"; readonly since: number }
  | { readonly state: "failed"; readonly why: LinkTrouble; readonly message: string };

/** The state of the list of all locks. */
export type Listing = "pending" | "done" | "denied" | "unanswered" | "failed";

/** Whether the bucket republishes its changes, so that they are pushed. */
export type Repeats = "unknown" | "yes" | "no";

/** How and where to connect. The page stores none of it. */
export interface Settings {
  /** Websocket address. */
  readonly servers: string;
  readonly bucket: string;
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
  /** Text of a credentials file. */
  readonly creds?: string;
  /** Prefix of the reply subjects. Default: `_INBOX_<user>`, else `_INBOX`. */
  readonly inboxPrefix?: string;
  /** Lease length in milliseconds for holders that do not state one. */
  readonly ttl?: number;
  /** True if the page's server has a demo. */
  readonly demo?: boolean;
}
