import { storeOf } from "../src/kv_store.ts";
import { newKeyValue, withServer } from "./helpers/nats.ts";
import { testStore } from "./helpers/store_contract.ts";

/** What a server may take longer to remove what has run out (nats-facts 1). */
const LAG = 350;

testStore("KvStore", (body) =>
  withServer(async ({ nc }) => {
    const ttl = 2000;
    const kv = await newKeyValue(nc, "contract", ttl);
    await body({
      store: storeOf(kv),
      ttl,
      pass: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      expire: (ms) => new Promise((resolve) => setTimeout(resolve, ms + LAG)),
      deleteBucket: async () => void await kv.destroy(),
      recreateBucket: async () => {
        await kv.destroy();
        await newKeyValue(nc, "contract", ttl);
      },
    });
  }));
