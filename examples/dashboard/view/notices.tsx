/** Says what is wrong, and what to do about it. */

import type { ComponentChildren, JSX } from "preact";
import type { Settings } from "../model/link.ts";
import type { Store } from "./store.ts";
import { clockTime, duration } from "./words.ts";

interface Text {
  readonly kind: "bad" | "warn" | "plain";
  readonly title: string;
  readonly body: ComponentChildren;
}

function failed(store: Store): Text | null {
  const link = store.link.value;
  if (link.state !== "failed") return null;
  const servers = store.settings.value?.servers ?? "";
  if (link.why === "refused") {
    const title = "The server refuses these credentials";
    return {
      kind: "bad",
      title,
      body: <>Check the user and password, the token or the credentials file, and connect again.</>,
    };
  }
  if (link.why === "rights") {
    const title = "This user may not see the locks";
    const body = (
      <>
        {link.message}. Give the user the rights of <code>examples/permissions/observer.conf</code>.
      </>
    );
    return { kind: "bad", title, body };
  }
  if (link.why === "address") return { kind: "bad", title: "This address cannot be used", body: `${link.message}.` };
  return { kind: "bad", title: `Nothing answers at ${servers}`, body: <Unreachable servers={servers} /> };
}

function Unreachable({ servers }: { servers: string }): JSX.Element {
  return (
    <>
      Either the server is down, or it has no websocket listener at this address. Browsers need one besides the usual
      port
      {/:4222\b/.test(servers) ? " 4222" : ""}. Add one to its configuration and reload it:
      <pre tabIndex={0}>{'websocket {\n  port: 8080\n  no_tls: true    # only on your own machine\n}'}</pre>
    </>
  );
}

function connection(store: Store): Text | null {
  const link = store.link.value;
  if (link.state === "connecting") {
    return { kind: "plain", title: "Connecting…", body: `To ${store.settings.value?.servers}.` };
  }
  if (link.state !== "lost") return failed(store);
  const body = `Since ${clockTime(link.since)}. The page shows what it saw last. It is not known who leads now. ` +
    "The page reconnects by itself.";
  return { kind: "bad", title: "Connection lost", body };
}

function bucket(store: Store, { bucket }: Settings): Text | null {
  const { all, foreign } = store.counts.value;
  const listing = store.listing.value;
  if (listing === "unanswered") {
    const body = (
      <>
        Check the name. A bucket that another tool created may not allow direct get:
        <pre tabIndex={0}>{`nats stream edit KV_${bucket} --allow-direct`}</pre>
      </>
    );
    return { kind: "warn", title: `No bucket "${bucket}" answers`, body };
  }
  if (listing === "denied") {
    const body = (
      <>
        A lock appears with its next renewal; a vacant one does not appear. To list all at once, allow publishing to
        {" "}
        <code>$JS.API.DIRECT.GET.KV_{bucket}</code>.
      </>
    );
    return { kind: "warn", title: "This user may not list the locks", body };
  }
  if (listing === "failed") {
    const body = "The page tries again by itself. Until then a lock appears with its next renewal. " +
      "A server before 2.11 does not support such lists.";
    return { kind: "warn", title: "The list of locks could not be read", body };
  }
  if (all > 0 && foreign === all) {
    const body = "None of its values is a holder's id. Did you mean another bucket?";
    return { kind: "warn", title: `"${bucket}" does not look like a bucket of locks`, body };
  }
  const { queues, sessions } = store.queues.value;
  return all + queues.length + sessions.length > 0 || listing !== "done" ? null : empty(bucket);
}

function empty(bucket: string): Text {
  const code = `await using locker = await Locker.open({ servers, bucket: "${bucket}", ttl: 15_000 });\n` +
    `await locker.run(async (lease) => { /* … */ });`;
  const body = (
    <>
      A lock appears as soon as a candidate takes it:
      <pre tabIndex={0}>{code}</pre>
    </>
  );
  return { kind: "plain", title: `No locks in "${bucket}" yet`, body };
}

function doubts(store: Store): Text[] {
  const texts: Text[] = [];
  const skew = store.skew.value;
  if (skew !== 0) {
    const way = skew > 0 ? "ahead of" : "behind";
    const body = "The page shows times by the server's clock. Leases are not affected.";
    texts.push({
      kind: "warn",
      title: `This computer's clock is ${duration(Math.abs(skew))} ${way} the server's`,
      body,
    });
  }
  if (store.repeats.value === "no") {
    const title = "This bucket does not republish its changes";
    const body = (
      <>
        The page reads it every two seconds instead, and misses shorter changes. <code>newKeyValue</code>{" "}
        creates buckets that republish.
      </>
    );
    texts.push({ kind: "warn", title, body });
  }
  return texts;
}

/** All notices that apply now. */
export function Notices({ store }: { store: Store }): JSX.Element {
  const settings = store.settings.value;
  const first = connection(store);
  const second = settings && store.link.value.state === "live" ? bucket(store, settings) : null;
  const texts = [
    ...first ? [first] : [],
    ...second ? [second] : [],
    ...store.link.value.state === "live" ? doubts(store) : [],
  ];
  return (
    <div class="notices" role="status" aria-live="polite">
      {texts.map(({ kind, title, body }) => (
        <section key={title} class={`notice ${kind}`}>
          <h2>{title}</h2>
          <div>{body}</div>
        </section>
      ))}
    </div>
  );
}
