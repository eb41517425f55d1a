// deno-lint-ignore-file no-console
/** Does one piece of work under a lock, in a CommonJS file. */

const process = require("node:process");
const { Locker } = require("@x/natslock");
const { ManualClock, MemoryStore } = require("@x/natslock/testing");

async function onServer() {
  const servers = process.env.NATS_URL ?? "ws://127.0.0.1:8080";
  const locker = await Locker.open({ servers, bucket: "locks", ttl: 15_000 });
  await locker.run((lease) => console.log(`in charge, token ${lease.token}`));
  console.log(`released, leader ${await locker.leader()}`);
  await locker.close();
}

async function inMemory() {
  const clock = new ManualClock();
  const locker = new Locker({ store: new MemoryStore(clock, { ttl: 15_000 }), clock });
  console.log(`in memory, leads ${await locker.acquireLead()}`);
}

onServer().then(inMemory);
