/** Flags that several commands have, and how help shows them. */

import { type Argument, type Command, type Help, Option } from "commander";

const CONNECTION = "Connection:";

/** Flag, environment variable, meaning; as the `nats` command line has them. */
const FLAGS: readonly (readonly [flags: string, env: string, meaning: string])[] = [
  ["-s, --servers <urls>", "NATS_URL", "addresses, separated by commas"],
  ["--context <name>", "NATS_CONTEXT", "context of the nats command line, in place of the selected one"],
  ["--user <name>", "NATS_USER", "user name, or a token if there is no password"],
  ["--password <text>", "NATS_PASSWORD", "password"],
  ["--token <text>", "NATS_TOKEN", "token"],
  ["--creds <file>", "NATS_CREDS", "credentials file"],
  ["--nkey <file>", "NATS_NKEY", "nkey seed file"],
  ["--tlscert <file>", "NATS_CERT", "TLS certificate"],
  ["--tlskey <file>", "NATS_KEY", "TLS key"],
  ["--tlsca <file>", "NATS_CA", "TLS certificate authority"],
  ["--inbox-prefix <text>", "NATS_INBOX_PREFIX", "where answers go, such as _INBOX_jobs"],
];

const SHORT_HELP = `Connection: flags, else environment, else the selected nats context
  -s, --servers URLS (NATS_URL)   --context NAME   --user, --password, --token
  --creds FILE   --nkey FILE   and more: natslock help connection`;

/** What `natslock help connection` says. */
export const CONNECTION_HELP: string = [
  "How natslock connects: flags, else environment, else the context that",
  '"nats context select" chose, else nats://127.0.0.1:4222.',
  "",
  ...FLAGS.map(([flags, env, meaning]) => `  ${flags.padEnd(24)}${env.padEnd(19)}${meaning.split(/,| or/)[0]}`),
  `  ${"--tlsfirst".padEnd(43)}TLS before the server's greeting`,
  "",
  "Addresses are of nats:// or tls:// (TCP), or of ws:// or wss:// (websocket),",
  "several of one kind separated by commas. A user without a password is a token.",
  "",
  "Example: natslock ls -s tls://nats.example.com --creds ~/me.creds",
].join("\n");

/** Adds the flags of a command that connects to a bucket. */
export function connecting(command: Command): Command {
  const bucket = "bucket (default: NATSLOCK_BUCKET, or locks)";
  command.addOption(new Option("-b, --bucket <name>", bucket).env("NATSLOCK_BUCKET").default("locks"));
  for (const [flags, env, meaning] of FLAGS) {
    command.addOption(new Option(flags, meaning).env(env).helpGroup(CONNECTION));
  }
  command.addOption(new Option("--tlsfirst", "TLS before the server's greeting").helpGroup(CONNECTION));
  command.addOption(new Option("--server <urls>", "the same as --servers").hideHelp());
  return command.addHelpText("after", `\n${SHORT_HELP}`);
}

/** Adds an example at the end of a command's help. */
export function example(command: Command, ...lines: readonly string[]): Command {
  return command.addHelpText("after", `\n${["Example:", ...lines.map((line) => `  ${line}`)].join("\n")}`);
}

function argumentTerm(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** Help without the long list of connection flags, which completion still knows. */
export const HELP_STYLE: Partial<Help> = {
  helpWidth: 80,
  sortOptions: false,
  optionDescription: ({ description }: Option): string => description,
  visibleArguments: (): never[] => [],
  subcommandTerm: (command: Command): string =>
    [command.name(), ...command.registeredArguments.map((argument) => argumentTerm(argument))].join(" "),
  groupItems<T extends Command | Option>(all: T[], visible: T[], groupOf: (item: T) => string): Map<string, T[]> {
    const groups = new Map<string, T[]>();
    for (const item of [...all, ...visible]) groups.set(groupOf(item), []);
    for (const item of visible) groups.get(groupOf(item))?.push(item);
    groups.delete(CONNECTION);
    return groups;
  },
};
