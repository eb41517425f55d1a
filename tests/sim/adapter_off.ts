/**
 * Edits that break the NATS adapter: headers, lifetimes, conditions, codes, subjects, pushes, settings.
 *
 * @module
 */

import { edits, type Mutation } from "./mutation.ts";

const RULE = "adapter";

/** One edit for each. */
export const ADAPTER_OFF: readonly Mutation[] = [
  ...edits(
    "nats/kv_store.ts",
    [RULE, "a record has no lifetime of its own", 'if (ttl !== null) head.set("Nats-TTL", `${ttl / 1000}s`);', ""],
    [
      RULE,
      "a lifetime is sent in another unit",
      'head.set("Nats-TTL", `${ttl / 1000}s`)',
      'head.set("Nats-TTL", `${ttl}s`)',
    ],
    [RULE, "a write has no condition", "expect: { lastSubjectSequence: expected }", "expect: {}"],
    [
      RULE,
      "an acknowledgement gives another revision",
      "message.value, condition)).seq }",
      "message.value, condition)).seq + 1 }",
    ],
    [RULE, "a write of unknown outcome counts as failed", "return certain\n", "return certain || true\n"],
    [
      RULE,
      "a release marker is kept for a lease",
      "const ownTtl = markerTtl === (ttl ?? Infinity) ? null : request.markerTtl ?? markerTtl;",
      "const ownTtl = null;",
    ],
    [
      RULE,
      "reads go to any replica",
      "if (!observes || !this.#readsReplicas) return await streams.getMessage(this.stream, query);",
      "",
    ],
    [
      RULE,
      "a candidate that was denied once reads from replicas after its first write",
      "const { observes } = this.#settings;",
      "const observes = true;",
    ],
    [
      RULE,
      "a release asks for a rollup that the bucket refuses",
      "rollups ? RELEASE_BY_ROLLUP : RELEASE",
      "RELEASE_BY_ROLLUP",
    ],
    [
      RULE,
      "a write waits longer than it may",
      "const condition = { headers: head, timeout, expect",
      "const condition = { headers: head, expect",
    ],
    [
      RULE,
      "records are stored under another key",
      "return `$KV.${this.name}.${key}`;",
      'return `$KV.${this.name}.${key === ">" ? key : "other"}`;',
    ],
  ),
  ...edits(
    "nats/bucket_settings.ts",
    [
      RULE,
      "a read waits longer than it may",
      "{ apiPrefix, timeout, checkAPI: false }",
      "{ apiPrefix, checkAPI: false }",
    ],
    [
      RULE,
      "all streams have the same epoch",
      "settingsOf(config, String(created), nc.info?.version)",
      'settingsOf(config, "same", nc.info?.version)',
    ],
    [
      RULE,
      "settings are never read again",
      "return this.#known.get(() => this.#ask(request), fresh);",
      "return this.#known.get(() => this.#ask(request), false);",
    ],
  ),
  ...edits(
    "nats/kv_watch.ts",
    [
      RULE,
      "a reconnect is not reported as a gap",
      "this.#consumer.replace();\n          this.#notifyAll(GAP);",
      "this.#consumer.replace();",
    ],
    [RULE, "the revision of a change is that of the one before", 'said("Sequence")', 'said("Last-Sequence")'],
  ),
  ...edits(
    "nats/subscription.ts",
    [RULE, "a subscription is left behind", "subscription.unsubscribe();", ""],
  ),
  ...edits(
    "nats/watch_consumer.ts",
    [
      RULE,
      "the consumer listens to other keys",
      'filter_subject: this.#bucket.subject(">")',
      'filter_subject: this.#bucket.subject("x")',
    ],
    [
      RULE,
      "a lost consumer is not created again",
      "this.#restart();\n      this.#listener.missed();",
      "this.#listener.missed();",
    ],
    [
      RULE,
      "the loss of a consumer is not noticed",
      'const LOST = ["heartbeats_missed", "consumer_deleted"];',
      "const LOST: string[] = [];",
    ],
  ),
  ...edits(
    "nats/nats_errors.ts",
    [
      RULE,
      "a request without an answer counts as not carried out",
      '["timeout", false, "no answer in time"',
      '["timeout", true, "no answer in time"',
    ],
  ),
  ...edits(
    "nats/bucket_rules.ts",
    [
      RULE,
      "the lease length is twice that of the bucket",
      "const ttl = max_age > 0 ? max_age / NANOS : null;",
      "const ttl = max_age > 0 ? 2 * max_age / NANOS : null;",
    ],
    [RULE, "the subscription is on another subject", "return to + subject.slice(from.length);", 'return to + "other";'],
    [RULE, "release markers are kept for three seconds", "const MARKER_TTL = 1000;", "const MARKER_TTL = 3000;"],
  ),
  ...edits(
    "store/record.ts",
    [
      RULE,
      "a record has no attempt",
      "const texts = { ...record, meta:",
      "const texts = { ...record, attempt: null, meta:",
    ],
    [
      RULE,
      "a renewal has no token",
      "const texts = { ...record, meta:",
      "const texts = { ...record, token: null, meta:",
    ],
    [
      RULE,
      "a record states another lease length",
      "const texts = { ...record, meta:",
      "const texts = { ...record, ttl: 1500, meta:",
    ],
  ),
  ...edits("locker/waiter.ts", [
    RULE,
    "the key is not read after a watch began",
    "for (let released: KeyState | null = null;;) {",
    "for (let released: KeyState | null = await watcher.next(signal);;) {",
  ]),
];
