/** The form for address and credentials. What is typed here stays in the memory of the page. */

import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Settings } from "../model/link.ts";

interface FieldProps {
  readonly name: keyof Settings;
  readonly label: string;
  readonly value?: string | undefined;
  readonly type?: "text" | "password" | "file";
  readonly required?: boolean;
  readonly hint?: string;
}

function Field({ name, label, value = "", type = "text", required = false, hint }: FieldProps): JSX.Element {
  const rest = { name, defaultValue: value, required, placeholder: hint, autoComplete: "off" } as const;
  return (
    <label class="field">
      {label}
      {type === "text" ? <input type="text" {...rest} /> : <input type={type} {...rest} />}
    </label>
  );
}

async function settingsOf(form: HTMLFormElement): Promise<Settings> {
  const data = new FormData(form);
  const text = (name: keyof Settings) => {
    const value = data.get(name);
    return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
  };
  const file = data.get("creds");
  const creds = file instanceof File && file.size > 0 ? await file.text() : undefined;
  const given = {
    user: text("user"),
    pass: text("pass"),
    token: text("token"),
    creds,
    inboxPrefix: text("inboxPrefix"),
  };
  const optional = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { servers: text("servers") ?? "", bucket: text("bucket") ?? "", ...optional };
}

/** Asks for settings; `known` fills in the form. */
export function ConnectForm(
  { known, submit }: { known: Partial<Settings>; submit: (settings: Settings) => void },
): JSX.Element {
  const how = useSignal(known.token ? "token" : known.creds ? "creds" : "user");
  const onSubmit = (event: SubmitEvent) => {
    event.preventDefault();
    void settingsOf(event.currentTarget as HTMLFormElement).then(submit);
  };
  return (
    <form class="connect" onSubmit={onSubmit}>
      <h2>Watch a bucket of locks</h2>
      <Field name="servers" label="Websocket address" value={known.servers ?? "ws://127.0.0.1:8080"} required />
      <Field name="bucket" label="Bucket" value={known.bucket} required hint="locks" />
      <label class="field">
        Sign in with
        <select value={how.value} onChange={(event) => how.value = event.currentTarget.value}>
          <option value="user">user and password, or nothing</option>
          <option value="token">token</option>
          <option value="creds">credentials file</option>
        </select>
      </label>
      {how.value === "user" && <Field name="user" label="User" value={known.user} />}
      {how.value === "user" && <Field name="pass" label="Password" type="password" />}
      {how.value === "token" && <Field name="token" label="Token" type="password" />}
      {how.value === "creds" && <Field name="creds" label="Credentials file" type="file" />}
      <Field name="inboxPrefix" label="Inbox prefix" value={known.inboxPrefix} hint="_INBOX_<user>, else _INBOX" />
      <button type="submit" class="primary">Connect</button>
      <p class="sub">
        Credentials stay in this page's memory. An observer's rights are enough: examples/permissions/observer.conf.
      </p>
    </form>
  );
}
