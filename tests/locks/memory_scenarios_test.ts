import { scenarioTests } from "./lock_manager_scenarios.ts";
import { openMemoryLocks } from "./memory_locks.ts";

scenarioTests("LockManager in memory", openMemoryLocks);
