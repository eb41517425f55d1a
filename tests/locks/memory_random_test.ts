import { assertEquals } from "@std/assert";
import { openMemoryLocks } from "./memory_locks.ts";
import { runSchedule } from "./random_requests.ts";
import { randomSchedule } from "./random_schedule.ts";
import { historyProblems } from "./request_history.ts";

const SEEDS = 60;

for (const thefts of [false, true]) {
  Deno.test(`LockManager in memory: random schedules ${thefts ? "with" : "without"} thefts have histories without problems`, async () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      const { clients, close } = await openMemoryLocks(3);
      const schedule = randomSchedule(seed, { steps: 30, clients: 3, extensions: true, thefts });
      const history = await runSchedule(schedule, clients, { prefix: "r ", limit: 10_000 });
      await close();
      assertEquals({ seed, problems: historyProblems(history) }, { seed, problems: [] });
    }
  });
}
