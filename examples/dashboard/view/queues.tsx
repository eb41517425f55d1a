/** The queues of a bucket: who holds and who waits, in order, and the sessions of those who ask. */

import type { JSX } from "preact";
import type { Queue, Request, RequestState, SessionLoad } from "../model/queues.ts";
import { TimeLeft } from "./bar.tsx";
import { placeOf } from "./row.tsx";
import type { Store } from "./store.ts";
import { counted, duration } from "./words.ts";

/** How many queues, requests of one queue and sessions are shown. */
const MOST = { queues: 60, requests: 12, sessions: 200 } as const;

const STATES: Readonly<Record<RequestState, string>> = {
  held: "Holds",
  waiting: "Waits",
  gone: "Gone",
  stale: "Unknown",
};

/** The pill of each state has the look of a phase. */
const PILLS: Readonly<Record<RequestState, string>> = {
  held: "held",
  waiting: "vacant",
  gone: "overdue",
  stale: "stale",
};

function modeOf({ mode, limit, weight }: Request): string {
  return limit === null ? mode : `${mode}, ${weight} of ${limit}`;
}

/** Says in one line what a queue is about. */
function summaryOf({ requests }: Queue): string {
  const count = (wanted: RequestState) => requests.filter(({ state }) => state === wanted).length;
  const [holding, waiting] = [count("held"), count("waiting")];
  if (count("stale") > 0) return `${counted(requests.length, "request")} when last seen`;
  const first = requests.find(({ state }) => state === "held");
  const by = holding === 1 ? first?.holder : holding || "nobody";
  return `held by ${by}, ${waiting} waiting`;
}

function Entry({ store, request }: { store: Store; request: Request }): JSX.Element {
  const { token, place, state, holder, at } = request;
  return (
    <li class={`request ${state}`} data-token={token} data-state={state}>
      <span class="place number">{place}</span>
      <span class="name">
        <i class={`swatch c${store.colour(holder)}`} aria-hidden="true" />
        <strong class="clip">{holder}</strong>
      </span>
      <span class={`pill ${PILLS[state]}`}>{STATES[state]}</span>
      <span class="sub clip">
        {modeOf(request)} · token {token} · for {duration(store.second.value - at)}
      </span>
    </li>
  );
}

function QueueCard({ store, queue }: { store: Store; queue: Queue }): JSX.Element {
  const { name, requests } = queue;
  const more = requests.length - MOST.requests;
  return (
    <section class="queue" data-queue={name} aria-label={`Queue of ${name === "" ? "the empty name" : name}`}>
      <h3 class="clip" title={name}>{name === "" ? <em>the empty name</em> : name}</h3>
      <p class="sub">{summaryOf(queue)}</p>
      <ol>
        {requests.slice(0, MOST.requests).map((request) => (
          <Entry
            key={request.token}
            store={store}
            request={request}
          />
        ))}
      </ol>
      {more > 0 && <p class="sub">and {counted(more, "more request")}</p>}
    </section>
  );
}

function SessionRow({ store, session }: { store: Store; session: SessionLoad }): JSX.Element | null {
  const { key, holder, holds, waits } = session;
  const shown = store.shown(key).value;
  if (!shown) return null;
  const { leader } = shown.lock;
  return (
    <tr data-session={key}>
      <th scope="row">
        <span class="name">
          <i class={`swatch c${store.colour(holder)}`} aria-hidden="true" />
          <strong class="clip">{holder}</strong>
        </span>
        <span class="sub clip">{leader ? placeOf(leader) : ""}</span>
      </th>
      <td class="number">{shown.phase === "stale" ? "–" : holds}</td>
      <td class="number">{shown.phase === "stale" ? "–" : waits}</td>
      <td class="time">
        <TimeLeft store={store} shown={shown} />
      </td>
    </tr>
  );
}

function Sessions({ store, sessions }: { store: Store; sessions: readonly SessionLoad[] }): JSX.Element {
  const more = sessions.length - MOST.sessions;
  return (
    <section class="sessions" aria-labelledby="sessions-title">
      <h2 id="sessions-title">Sessions</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Process</th>
            <th scope="col" class="number">Locks</th>
            <th scope="col" class="number">Waits</th>
            <th scope="col">Time left</th>
          </tr>
        </thead>
        <tbody>
          {sessions.slice(0, MOST.sessions).map((session) => (
            <SessionRow key={session.key} store={store} session={session} />
          ))}
        </tbody>
      </table>
      {more > 0 && <p class="sub">and {counted(more, "more session")}</p>}
    </section>
  );
}

/** All queues and sessions; nothing for a bucket without any. */
export function QueuesView({ store }: { store: Store }): JSX.Element | null {
  const { queues, sessions } = store.queues.value;
  if (queues.length === 0 && sessions.length === 0) return null;
  const more = queues.length - MOST.queues;
  return (
    <div class="by-name">
      <section aria-labelledby="queues-title">
        <h2 id="queues-title">Queues</h2>
        <p class="sub">The number before a request is how many stand before it.</p>
        <div class="queues">
          {queues.slice(0, MOST.queues).map((queue) => <QueueCard key={queue.name} store={store} queue={queue} />)}
        </div>
        {queues.length === 0 && <p class="muted">Nobody asks for a lock.</p>}
        {more > 0 && <p class="sub">and {counted(more, "more queue")}</p>}
      </section>
      <Sessions store={store} sessions={sessions} />
    </div>
  );
}
