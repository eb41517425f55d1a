/** The page. */

import type { JSX } from "preact";
import { useSignal } from "@preact/signals";
import type { DemoApi } from "../feed/demo_api.ts";
import type { Settings } from "../model/link.ts";
import { ConnectForm } from "./connect_form.tsx";
import { DemoPanel } from "./demo_panel.tsx";
import { Detail } from "./detail.tsx";
import { Header, Tiles } from "./header.tsx";
import { Notices } from "./notices.tsx";
import { QueuesView } from "./queues.tsx";
import type { Store } from "./store.ts";
import { Table } from "./table.tsx";
import { Toolbar } from "./toolbar.tsx";

/** What the page starts with. */
export interface AppProps {
  readonly store: Store;
  readonly api: DemoApi;
  /** Settings that are known without asking the user. */
  readonly known: Partial<Settings>;
}

/** Colours alone would not show how a hold ended. */
function Legend(): JSX.Element {
  return (
    <p class="legend">
      <span>
        <i class="sample released" aria-hidden="true" />given back
      </span>
      <span>
        <i class="sample expired" aria-hidden="true" />crashed, lease ran out
      </span>
      <span>
        <i class="sample gap" aria-hidden="true" />nobody held it
      </span>
      <span>
        <i class="sample blind" aria-hidden="true" />not seen by this page
      </span>
    </p>
  );
}

/** The whole page. */
export function App({ store, api, known }: AppProps): JSX.Element {
  const isAsking = useSignal(!known.servers || !known.bucket);
  const remembered = useSignal(known);
  const link = store.link.value;
  const open = store.open.value;
  const submit = (settings: Settings) => {
    remembered.value = settings;
    isAsking.value = false;
    void store.connect(settings);
  };
  const leave = () => {
    isAsking.value = true;
    void store.disconnect();
  };
  const asks = isAsking.value || link.state === "failed";
  return (
    <>
      <Header store={store} leave={leave} />
      <main class={open ? "split" : ""}>
        <Notices store={store} />
        {asks ? <ConnectForm known={remembered.value} submit={submit} /> : (
          <>
            <Tiles store={store} />
            {store.settings.value?.demo && <DemoPanel store={store} api={api} />}
            {store.counts.value.all > 0 && <Toolbar store={store} />}
            {store.counts.value.all > 0 && <Table store={store} />}
            {store.counts.value.all > 0 && store.keys.value.length === 0 && <p class="none">No lock matches.</p>}
            {store.counts.value.all > 0 && <Legend />}
            <QueuesView store={store} />
          </>
        )}
      </main>
      {open && !asks && <Detail store={store} name={open} />}
    </>
  );
}
