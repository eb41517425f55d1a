// deno-lint-ignore-file no-console
/**
 * Shows why a lock alone is not enough: a holder that was paused writes too late, and only its token reveals that.
 *
 * @module
 */

import { DatabaseSync } from "node:sqlite";
import { type KV, Kvm } from "@nats-io/kv";
import { type NatsConnection, wsconnect } from "@nats-io/nats-core";
import { guard, type Lease, Locker, StaleTokenError } from "@x/natslock";

const HELP = `Shows how a fencing token stops the late write of a paused holder, in an SQL table and in a NATS KV entry.

Usage: deno run -A examples/fencing.ts [--help]

Holder A runs in a process of its own. It is stopped (SIGSTOP) after it has checked the lease and before it writes.
B takes over and writes. A is continued (SIGCONT) and writes, but its token is older, so the write is refused. The
program ends by itself, with code 1 if the late write was accepted. After Ctrl-C the lease of A may last for TTL_MS.
Not for Windows, which cannot stop a process.

NATS_URL  websocket address of NATS (ws://127.0.0.1:8080)
BUCKET    key-value bucket of the lock, created if it does not exist (fencing)
LEDGER    key-value bucket of the guarded entry, created if it does not exist (ledger)
KEY       key of the lock, and of the entry that it guards (account)
TTL_MS    lease length: how long a lock stays held after its holder died (2000)`;

/** Argument that makes this program act as holder A. */
const HOLDER = "--holder=";

const env = (variable: string, fallback: string): string => Deno.env.get(variable) || fallback;
const key = env("KEY", "account");

/** The statement itself compares the token, so that no other write can come between the check and the change. */
function writeRow(db: DatabaseSync, { token }: Lease, value: string): boolean {
  const update = db.prepare("UPDATE ledger SET value = ?, token = ? WHERE id = ? AND token <= ?");
  return Number(update.run(value, token, key, token).changes) === 1;
}

/** The guard compares the token with that of the entry, and the server refuses the write if the entry has changed. */
async function writeEntry(kv: KV, lease: Lease, value: string): Promise<boolean> {
  try {
    await guard(kv, lease).put(key, value);
    return true;
  } catch (error) {
    if (error instanceof StaleTokenError) return false;
    throw error;
  }
}

/** The lock, and the two things that it guards. */
interface Scene {
  readonly locker: Locker;
  readonly db: DatabaseSync;
  readonly kv: KV;
}

async function withScene(name: string, file: string, play: (scene: Scene) => Promise<void>): Promise<void> {
  const nc: NatsConnection = await wsconnect({ servers: env("NATS_URL", "ws://127.0.0.1:8080") });
  try {
    using db = new DatabaseSync(file);
    const kv = await new Kvm(nc).create(env("LEDGER", "ledger"));
    const ttl = Number(env("TTL_MS", "2000"));
    const meta = { pid: Deno.pid };
    await using locker = await Locker.open({ nc, bucket: env("BUCKET", "fencing"), ttl, key, name, meta });
    await play({ locker, db, kv });
  } finally {
    await nc.close();
  }
}

async function write({ db, kv }: Scene, lease: Lease, value: string): Promise<void> {
  const { token } = lease;
  const verdict = (accepted: boolean) => accepted ? "accepted" : "REFUSED";
  console.log(`SQL: "${value}" with token ${token}: ${verdict(writeRow(db, lease, value))}`);
  console.log(`KV:  "${value}" with token ${token}: ${verdict(await writeEntry(kv, lease, value))}`);
}

/** Holder A. It does everything that a careful holder can do without the token. */
async function holderA(scene: Scene): Promise<void> {
  await using lease = await scene.locker.acquire();
  console.log(`A holds the lock, token ${lease.token}`);
  await write(scene, lease, "A, in time");
  if (!lease.held) throw new Error("A lost the lock before it was paused: this machine is too slow for TTL_MS");
  console.log("A looks: lease.held is true. It is about to write, and is stopped right here");
  // Stands for anything that stops a process: a debugger, an overloaded machine, a closed laptop, a VM migration.
  Deno.kill(Deno.pid, "SIGSTOP");
  console.log("A goes on, as if no time had passed");
  await write(scene, lease, "A, too late");
  console.log(`A looks again: lease.held is ${lease.held}`);
}

/** Holder B. It also continues A. */
async function holderB(scene: Scene, a: Deno.ChildProcess, signal: AbortSignal): Promise<void> {
  const { locker } = scene;
  for await (const leader of locker.observe({ signal })) if (leader?.meta.pid === a.pid) break;
  await using lease = await locker.acquire({ signal });
  console.log(`B holds the lock, token ${lease.token}: the lease of A has run out`);
  await write(scene, lease, "B");
  a.kill("SIGCONT");
  const { code } = await a.status;
  if (code !== 0) throw new Error(`A has ended with code ${code}`);
  await report(scene, lease);
}

async function report({ db, kv }: Scene, { token }: Lease): Promise<void> {
  const row = db.prepare("SELECT token, value FROM ledger WHERE id = ?").get(key);
  const entry = (await kv.get(key))?.string();
  console.log(`At the end: SQL holds "${row?.value}", KV holds "${entry}"`);
  if (row?.token !== token || entry !== row?.value) throw new Error("The late write got through");
}

async function main(): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "natslock-fencing-" });
  const file = `${folder}/ledger.db`;
  const stop = stopper();
  try {
    await withScene("B", file, async (scene) => {
      scene.db.exec("CREATE TABLE ledger (id TEXT PRIMARY KEY, value TEXT, token INTEGER NOT NULL)");
      scene.db.prepare("INSERT INTO ledger VALUES (?, 'nobody', 0)").run(key);
      await withA(file, stop, (a) => holderB(scene, a, stop.signal));
    });
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function withA(file: string, stop: AbortController, play: (a: Deno.ChildProcess) => Promise<void>) {
  const args = ["run", "-A", import.meta.url, HOLDER + file];
  const a = new Deno.Command(Deno.execPath(), { args, stdin: "null" }).spawn();
  a.status.then(({ code }) => stop.abort(new Error(`A has ended with code ${code}`)));
  try {
    await play(a);
  } finally {
    await end(a);
  }
}

async function end(a: Deno.ChildProcess): Promise<void> {
  try {
    // A stopped process reacts to no other signal.
    a.kill("SIGKILL");
  } catch {
    // It has already ended.
  }
  await a.status;
}

/** The reason of the abort after Ctrl-C. */
class Stopped extends Error {}

function stopper(): AbortController {
  const stop = new AbortController();
  const end = () => stop.abort(new Stopped());
  Deno.addSignalListener("SIGINT", end);
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGTERM", end);
  return stop;
}

const file = Deno.args.find((arg) => arg.startsWith(HOLDER))?.slice(HOLDER.length);
if (Deno.args.includes("--help")) console.log(HELP);
else if (file !== undefined) await withScene("A", file, holderA);
else await main();
