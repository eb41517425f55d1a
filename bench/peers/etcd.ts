/** `etcd3`, the client of etcd for JavaScript. */

import { Etcd3 } from "etcd3";
import type { Held, Peer } from "./client.ts";

/** Its lock refuses instead of waiting, so candidates that wait campaign in an election, by watching who is ahead. */
export function etcd(url: string): Peer {
  return {
    name: "etcd3",
    waits: "push",
    connect: (ttl) => {
      const client = new Etcd3({ hosts: url });
      const seconds = Math.ceil(ttl / 1000);
      return Promise.resolve({
        client: () => ({
          acquire: async (key: string) => {
            const campaign = client.election(key, seconds).campaign("bench");
            campaign.on("error", () => {}); // wait() rejects as well.
            await campaign.wait();
            return { release: () => campaign.resign() };
          },
        }),
        [Symbol.asyncDispose]: () => Promise.resolve(client.close()),
      });
    },
  };
}

/** Its lock, which takes two requests: one for a lease of its own and one for the key. */
export function etcdLock(url: string): { acquire(key: string): Promise<Held>; close(): void } {
  const client = new Etcd3({ hosts: url });
  return { acquire: (key) => client.lock(key).ttl(30).acquire(), close: () => client.close() };
}
