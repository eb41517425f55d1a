/**
 * Scenarios of the order in which several clients hold a lock.
 *
 * @module
 */

import type { Scenario } from "../scenario.ts";

const shared = { mode: "shared" } as const;

/** Scenarios of several clients. */
export const CLIENT_ORDER: readonly Scenario[] = [
  {
    title: "a lock goes from client to client in the order of the requests",
    run: async (_locks, tools) => {
      const name = tools.name();
      const calls = [await tools.hold("0", name)];
      for (const [index, client] of [1, 2, 0, 2, 1].entries()) {
        calls.push(await tools.wait(`${index + 1}`, name, { client }));
      }
      for (const call of calls) await call.release();
      await tools.logs("0", "1", "2", "3", "4", "5");
    },
  },
  {
    title: "shared requests of several clients hold together, and an exclusive one waits for all of them",
    run: async (_locks, tools) => {
      const name = tools.name();
      const holders = [];
      for (const client of [0, 1, 2]) holders.push(await tools.hold(`S${client}`, name, { ...shared, client }));
      const exclusive = await tools.wait("X", name, { client: 1 });
      for (const [index, holder] of holders.entries()) {
        await tools.shows(name, `${"S".repeat(3 - index)}|X`);
        await tools.logs("S0", "S1", "S2");
        await holder.release();
      }
      await exclusive.granted;
    },
  },
  {
    title: "a shared request of one client does not pass an exclusive one of another client that waits",
    run: async (_locks, tools) => {
      const name = tools.name();
      const first = await tools.hold("S1", name, shared);
      const exclusive = await tools.wait("X", name, { client: 1 });
      const second = await tools.wait("S2", name, { ...shared, client: 2 });
      await tools.logs("S1");
      await first.release();
      await exclusive.granted;
      await tools.logs("S1", "X");
      await exclusive.release();
      await second.granted;
    },
  },
];
