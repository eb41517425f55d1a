/**
 * The resource that the lock protects: two sets in an SQLite file. One of them checks fencing tokens.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import type { SetName } from "./history.ts";

/** A hold, as the resource knows it. */
export interface Fence {
  /** Identity of the token's stream: its creation time. */
  readonly epoch: string;
  readonly token: number;
}

/** One access that the guarded set accepted. */
export interface Access extends Fence {
  readonly client: string;
}

/** How long an access waits for others, in ms. Another client may be stopped during its access. */
const BUSY = 30_000;

/** Two shared sets. Each is read and written as a whole, like a file. */
export class Resource {
  readonly #db: DatabaseSync;
  readonly #client: string;

  /** Opens the file, or creates it. */
  constructor(path: string, client: string) {
    this.#client = client;
    this.#db = new DatabaseSync(path);
    this.#db.exec(`PRAGMA busy_timeout = ${BUSY}; PRAGMA synchronous = OFF;
      CREATE TABLE IF NOT EXISTS sets (name TEXT PRIMARY KEY, items TEXT, era TEXT, token INTEGER);
      CREATE TABLE IF NOT EXISTS accesses (number INTEGER PRIMARY KEY, client TEXT, epoch TEXT, token INTEGER);
      INSERT OR IGNORE INTO sets VALUES ('guarded', '[]', '', 0), ('bare', '[]', '', 0);`);
  }

  /** Returns the items of a set; `null` if the set checks tokens and has seen a newer one. */
  read(name: SetName, fence: Fence): string[] | null {
    return this.#locked(() => this.#admits(name, fence) ? this.items(name) : null);
  }

  /** Replaces a whole set. Returns false if the set checks tokens and has seen a newer one. */
  write(name: SetName, items: readonly string[], fence: Fence): boolean {
    return this.#locked(() => {
      if (!this.#admits(name, fence)) return false;
      this.#db.prepare("UPDATE sets SET items = ? WHERE name = ?").run(JSON.stringify(items), name);
      return true;
    });
  }

  /** Returns the current contents of a set, without a check. */
  items(name: SetName): string[] {
    const row = this.#db.prepare("SELECT items FROM sets WHERE name = ?").get(name);
    return JSON.parse(String(row?.items)) as string[];
  }

  /** Returns all accesses that the guarded set accepted, in order. */
  accesses(): Access[] {
    const rows = this.#db.prepare("SELECT client, epoch, token FROM accesses ORDER BY number").all();
    return rows.map(({ client, epoch, token }) => ({
      client: String(client),
      epoch: String(epoch),
      token: Number(token),
    }));
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#db.close();
  }

  /** A read raises the stored token like a write. Otherwise an older holder could write after a newer one has read. */
  #admits(name: SetName, { epoch, token }: Fence): boolean {
    if (name === "bare") return true;
    const era = eraOf(epoch);
    const last = this.#db.prepare("SELECT era, token FROM sets WHERE name = ?").get(name);
    const [lastEra, lastToken] = [String(last?.era), Number(last?.token)];
    if (era < lastEra || (era === lastEra && token < lastToken)) return false;
    this.#db.prepare("UPDATE sets SET era = ?, token = ? WHERE name = ?").run(era, token, name);
    this.#db.prepare("INSERT INTO accesses (client, epoch, token) VALUES (?, ?, ?)").run(this.#client, epoch, token);
    return true;
  }

  #locked<T>(work: () => T): T {
    this.#db.exec("BEGIN IMMEDIATE");
    try {
      const result = work();
      this.#db.exec("COMMIT");
      return result;
    } catch (error) {
      this.#db.exec("ROLLBACK");
      throw error;
    }
  }
}

/** Converts an epoch to text that sorts by time. The server omits trailing zeros of the fraction. */
function eraOf(epoch: string): string {
  const [seconds = "", fraction = ""] = epoch.replace("Z", "").split(".");
  return `${seconds}.${fraction.padEnd(9, "0")}`;
}
