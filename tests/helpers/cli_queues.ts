/** Runs the command line with a bucket for queues. */

import { type CliLab, type Running, until, withCli } from "./cli.ts";

/** Runs a test body with its own server, on which the bucket "locks" is for queues. */
export async function withQueues(body: (lab: CliLab) => Promise<void>): Promise<void> {
  await withCli(async (lab) => {
    await lab.run(["bucket", "create", "--queues"]);
    await body(lab);
  });
}

const start = ({ start }: CliLab, name: string, key: string, flags: readonly string[]) =>
  start(["run", "--name", name, key, ...flags, "sh", "-c", "echo held; sleep 60"]);

/** Starts a holder with a name, and resolves when it holds the lock. */
export async function holdQueued(lab: CliLab, name: string, key: string, ...flags: string[]): Promise<Running> {
  const running = start(lab, name, key, flags);
  await running.says(/held/);
  return running;
}

/** Starts a waiter with a name, and resolves when it stands in the queue. */
export async function waitQueued(lab: CliLab, name: string, key: string, ...flags: string[]): Promise<Running> {
  const running = start(lab, name, key, flags);
  const isThere = async () => (await lab.run(["ls", "--json"])).stdout.includes(`"name":"${name}"`);
  await until(isThere, `${name} in the queue`);
  return running;
}
