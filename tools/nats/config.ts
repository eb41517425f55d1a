/** The configuration of a nats-server. */

/** Texts by name. */
export type Texts = Readonly<Record<string, string>>;

/** The ports on which a server listens. */
export interface Ports {
  readonly client: number;
  readonly websocket: number;
  readonly monitor: number;
}

/** Options of `NatsServer.start()`. */
export interface NatsServerOptions {
  /** Name of the server. Default: the server chooses one. */
  readonly name?: string;
  /** Additional lines of its configuration. */
  readonly config?: string;
  /** Settings of the websocket listener. Default: no TLS. */
  readonly websocket?: string;
  /** Additional settings of JetStream, such as `domain: hub`. */
  readonly jetstream?: string;
  /** Ports to listen on. Default: free ones. */
  readonly ports?: Partial<Ports>;
  /** Contents of files to write beside the configuration, by name; for example files that it includes. */
  readonly files?: Texts;
  /** Environment variables that the configuration uses. */
  readonly env?: Texts;
  /** Exact release, such as "2.10.29", which is installed if necessary. Default: any release that is recent enough. */
  readonly version?: string;
}

/** Returns the text of the configuration file. */
export function configOf(options: NatsServerOptions, { client, websocket, monitor }: Ports, storeDir: string): string {
  const lines = [
    ...(options.name ? [`server_name: ${options.name}`] : []),
    `listen: "127.0.0.1:${client}"`,
    `http: "127.0.0.1:${monitor}"`,
    `websocket { listen: "127.0.0.1:${websocket}", ${options.websocket ?? "no_tls: true"} }`,
    `jetstream { store_dir: ${JSON.stringify(`${storeDir}/jetstream`)}, ${options.jetstream ?? ""} }`,
    options.config ?? "",
  ];
  return `${lines.join("\n")}\n`;
}
