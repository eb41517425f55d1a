/** What the libraries have in common that are measured side by side. */

/** A lock that is held. */
export interface Held {
  /** Extends the lease by one request, where the library has a call for that. */
  refresh?(): Promise<unknown>;
  release(): Promise<unknown>;
}

/** One candidate. */
export interface Client {
  /** Waits for the lock in the library's own way. */
  acquire(key: string): Promise<Held>;
}

/** A connection to the lock service, as one process has it. */
export interface Connection extends AsyncDisposable {
  /** Creates a candidate on this connection. */
  client(): Client;
}

/** A way to acquire a shared lock, up to a limit. */
export interface SharedClient {
  acquireShared(key: string, limit: number): Promise<Held>;
}

/** A way to acquire several locks, all or none. */
export interface SeveralClient {
  acquireAll(keys: readonly string[]): Promise<Held>;
}

/** A library that is measured. */
export interface Peer {
  readonly name: PeerName;
  /** How its waiters learn of a release. */
  readonly waits: "push" | "poll";
  /** Connects. Leases last for `ttl` ms. */
  connect(ttl: number): Promise<Connection & Partial<SharedClient & SeveralClient>>;
}

/** Names of the libraries. Each has its address in an environment of its own. */
export const PEER_NAMES = ["Locker", "LockManager", "redlock", "redis-semaphore", "etcd3"] as const;

/** Name of a library. */
export type PeerName = typeof PEER_NAMES[number];
