import { assert, assertEquals } from "@std/assert";
import { jetstream } from "@nats-io/jetstream";
import { Locker } from "@x/natslock";
import { withWholeFrames } from "../../src/nats/socket.ts";
import { timed } from "../helpers/measure.ts";
import { connectionOf, withServer } from "../helpers/nats.ts";

Deno.test("withWholeFrames() sends the same bytes, at most 1,024 in a frame", () => {
  for (const size of [1, 1024, 1025, 5000]) {
    const data = Uint8Array.from({ length: size }, (_, at) => at % 251);
    const frames: ArrayBuffer[] = [];
    withWholeFrames({ send: (frame) => void frames.push(frame as ArrayBuffer) }).send(data.buffer);
    assert(frames.every(({ byteLength }) => byteLength <= 1024), `a frame is too long at ${size} bytes`);
    assertEquals(new Uint8Array(frames.flatMap((frame) => [...new Uint8Array(frame)])), data);
  }
});

Deno.test("Locker.open() makes a connection on which ten requests at once do not wait for an acknowledgement of TCP", () =>
  withServer(async ({ server }) => {
    await using locker = await Locker.open({ servers: server.url, bucket: "locks", ttl: 3000 });
    const js = jetstream(connectionOf(locker));
    const payload = "x".repeat(300);
    const ten = () => Promise.all(Array.from({ length: 10 }, (_, at) => js.publish(`$KV.locks.key-${at}`, payload)));
    // The acknowledgement comes after 40 ms at the earliest: so one quick round is enough, on a busy machine too.
    const rounds: number[] = [];
    while (rounds.length < 20) rounds.push(await timed(ten));
    assert(Math.min(...rounds) < 35, `the quickest of 20 rounds took ${Math.min(...rounds)} ms`);
  }));
