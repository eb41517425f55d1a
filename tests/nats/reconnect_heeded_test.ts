import { type Lease, Locker } from "@x/natslock";
import { begunWait, eventually, lone } from "../helpers/measure.ts";
import { newKeyValue, withServer } from "../helpers/nats.ts";
import { Proxy } from "../helpers/proxy.ts";

/** Lease length in ms: so long that a client that only relies on its clock exceeds the test's limit. */
const TTL = 60_000;

/** A reconnect and a read take a few milliseconds. The rest is for a busy machine. */
const LATEST = 5_000;

Deno.test("Locker.acquire() reads the key after a reconnect, because the release may have been missed", () =>
  withServer(async ({ server, nc, connect }) => {
    await using proxy = new Proxy(server.wsPort);
    await using holder = new Locker({ kv: await newKeyValue(nc, "locks", TTL) });
    const lease = await holder.acquire();
    const far = await connect(proxy.url);
    const wait = await begunWait(lone(far, { kv: await newKeyValue(far, "locks", TTL) }));
    let next: Lease | undefined;
    wait().then((granted) => next = granted);
    // The push of the release is lost. Then the connection is cut, and comes back.
    const swallowed = proxy.nextSwallowed();
    proxy.forwardAnswers = false;
    await lease.release();
    await swallowed;
    proxy.forwardAnswers = true;
    proxy.cut();
    await eventually("the grant after the reconnect", () => next?.held === true, LATEST);
    await next?.release();
  }));
