/**
 * An operator with an account for locks and with users, as JWTs.
 *
 * @module
 */

import { encodeAccount, encodeOperator, encodeUser, fmtCreds } from "@nats-io/jwt";
import { createAccount, createOperator, createUser } from "@nats-io/nkeys";
import { rightsOf } from "./roles.ts";

/** A user of the account. */
export interface JwtUser {
  readonly jwt: string;
  readonly seed: Uint8Array;
  /** Contents of its credentials file. */
  readonly creds: Uint8Array;
}

/** An operator that signs users. */
export interface Operator {
  /** Lines of a server configuration that trust the operator. */
  readonly config: string;
  /** Creates a user with the permissions of one of the permission files. A bearer needs no seed to connect. */
  user(file: string, options?: { readonly bearer?: boolean; readonly seconds?: number }): Promise<JwtUser>;
}

const NO_LIMIT = { subs: -1, data: -1, payload: -1, conn: -1, imports: -1, exports: -1, wildcards: true };
const JETSTREAM = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };

/** Creates an operator, a system account and an account with JetStream. */
export async function makeOperator(): Promise<Operator> {
  const [operator, system, account] = [createOperator(), createAccount(), createAccount()];
  const by = { signer: operator };
  const jwt = await encodeOperator("operator", operator, { system_account: system.getPublicKey() });
  const accounts = {
    [system.getPublicKey()]: await encodeAccount("SYS", system, {}, by),
    [account.getPublicKey()]: await encodeAccount("LOCKS", account, { limits: { ...NO_LIMIT, ...JETSTREAM } }, by),
  };
  const preload = Object.entries(accounts).map(([id, text]) => `${id}: ${text}`).join("\n");
  const lines = [`operator: ${jwt}`, `system_account: ${system.getPublicKey()}`, "resolver: MEMORY"];
  return {
    config: [...lines, `resolver_preload: {\n${preload}\n}`].join("\n"),
    user: async (file, { bearer = false, seconds = 60 } = {}) => {
      const { publish, subscribe } = await rightsOf(file);
      const user = createUser();
      const rights = { pub: { allow: publish, deny: [] }, sub: { allow: subscribe, deny: [] }, bearer_token: bearer };
      const times = { exp: Math.floor(Date.now() / 1000) + seconds };
      const text = await encodeUser(file, user, account, rights, times);
      return { jwt: text, seed: user.getSeed(), creds: fmtCreds(text, user) };
    },
  };
}
