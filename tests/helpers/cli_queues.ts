/** Runs the command line with a bucket for queues. */

import { type CliLab, withCli } from "./cli.ts";

/** Runs a test body with its own server, on which the bucket "locks" is for queues. */
export async function withQueues(body: (lab: CliLab) => Promise<void>): Promise<void> {
  await withCli(async (lab) => {
    await lab.run(["bucket", "create", "--queues"]);
    await body(lab);
  });
}
