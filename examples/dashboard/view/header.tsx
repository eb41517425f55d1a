/** The head of the page: the bucket, the state of the connection, and counts of the locks. */

import { signal } from "@preact/signals";
import type { JSX } from "preact";
import type { Link } from "../model/link.ts";
import type { RequestState } from "../model/queues.ts";
import type { Store } from "./store.ts";

const LINKS: Readonly<Record<Link["state"], string>> = {
  idle: "Not connected",
  connecting: "Connecting",
  live: "Live",
  lost: "Connection lost",
  failed: "Not connected",
};

type Theme = "light" | "dark";
const darkness = matchMedia("(prefers-color-scheme: dark)");
const system = signal<Theme>(darkness.matches ? "dark" : "light");
darkness.addEventListener("change", ({ matches }) => system.value = matches ? "dark" : "light");
const theme = signal<Theme | null>(null);

function ThemeButton(): JSX.Element {
  const other: Theme = (theme.value ?? system.value) === "dark" ? "light" : "dark";
  const change = () => {
    theme.value = other;
    document.documentElement.dataset["theme"] = other;
  };
  return <button type="button" class="quiet" onClick={change}>{other === "dark" ? "Dark" : "Light"}</button>;
}

function Tile({ label, value, kind = "" }: { label: string; value: number; kind?: string }): JSX.Element {
  return (
    <div class={`tile ${kind}`}>
      <dt>{label}</dt>
      <dd>{value.toLocaleString("en")}</dd>
    </div>
  );
}

/** How many locks, holders, waiters and sessions a bucket for queues has. */
function QueueTiles({ store }: { store: Store }): JSX.Element {
  const { queues, sessions } = store.queues.value;
  const count = (wanted: RequestState) =>
    queues.reduce((sum, { requests }) => sum + requests.filter(({ state }) => state === wanted).length, 0);
  const [gone, stale] = [count("gone"), count("stale")];
  return (
    <dl class="tiles">
      <Tile label="Locks" value={queues.length} />
      <Tile label="Holding" value={count("held")} kind="held" />
      <Tile label="Waiting" value={count("waiting")} />
      {stale > 0
        ? <Tile label="Unknown" value={stale} kind="stale" />
        : <Tile label="Gone" value={gone} kind={gone ? "overdue" : ""} />}
      <Tile label="Sessions" value={sessions.length} />
    </dl>
  );
}

/** How many locks are in each phase, and what has happened since the page was opened. */
export function Tiles({ store }: { store: Store }): JSX.Element {
  const { all, held, vacant, overdue, stale, transitions, crashes } = store.counts.value;
  if (all === 0 && store.queues.value.sessions.length > 0) return <QueueTiles store={store} />;
  return (
    <dl class="tiles">
      <Tile label="Held" value={held} kind="held" />
      <Tile label="Vacant" value={vacant} />
      {stale > 0
        ? <Tile label="Unknown" value={stale} kind="stale" />
        : <Tile label="Run out" value={overdue} kind={overdue ? "overdue" : ""} />}
      <Tile label="Turns" value={transitions} />
      <Tile label="Crashes" value={crashes} kind={crashes ? "crash" : ""} />
    </dl>
  );
}

/** Title, state of the connection, and buttons. */
export function Header({ store, leave }: { store: Store; leave: () => void }): JSX.Element {
  const link = store.link.value;
  const settings = store.settings.value;
  return (
    <header>
      <div class="title">
        <h1>
          natslock{settings && <span class="bucket">{settings.bucket}</span>}
        </h1>
        {settings && <p class="sub">{settings.servers}</p>}
      </div>
      <span class={`link ${link.state}`} role="status">
        <i aria-hidden="true" />
        {LINKS[link.state]}
      </span>
      <div class="actions">
        {settings && link.state !== "failed" && <button type="button" class="quiet" onClick={leave}>Change</button>}
        <ThemeButton />
      </div>
    </header>
  );
}
