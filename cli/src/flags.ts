/** Flags that several commands share, and the layout of the help texts. */

import { type Argument, type Command, type Help, Option } from "commander";

const CONNECTION = "Connection:";

/** Group of flags for which the help of a command has no line. `natslock help queues` explains those of queues. */
export const QUEUES = "Queues:";

/** Flag, environment variable and meaning. The `nats` CLI has the same flags. */
const FLAGS: readonly (readonly [flags: string, env: string, meaning: string])[] = [
  ["-s, --servers <urls>", "NATS_URL", "server addresses, separated by commas"],
  ["--context <name>", "NATS_CONTEXT", "nats CLI context, instead of the selected one"],
  ["--user <name>", "NATS_USER", "user name, or a token if there is no password"],
  ["--password <text>", "NATS_PASSWORD", "password"],
  ["--token <text>", "NATS_TOKEN", "token"],
  ["--creds <file>", "NATS_CREDS", "credentials file"],
  ["--nkey <file>", "NATS_NKEY", "nkey seed file"],
  ["--tlscert <file>", "NATS_CERT", "TLS certificate"],
  ["--tlskey <file>", "NATS_KEY", "TLS key"],
  ["--tlsca <file>", "NATS_CA", "TLS certificate authority"],
  ["--inbox-prefix <text>", "NATS_INBOX_PREFIX", "inbox prefix, such as _INBOX_jobs"],
];

const SHORT_HELP = `Connection: flags, then environment variables, then the selected nats context
  -s, --servers URLS (NATS_URL)   --context NAME   --user, --password, --token
  --creds FILE   --nkey FILE   more: natslock help connection`;

/** The text of `natslock help connection`. */
export const CONNECTION_HELP: string = [
  "natslock takes connection settings from flags, then from environment variables,",
  'then from the context selected with "nats context select".',
  "The default server is nats://127.0.0.1:4222.",
  "",
  ...FLAGS.map(([flags, env, meaning]) => `  ${flags.padEnd(24)}${env.padEnd(19)}${meaning.split(/,| or/)[0]}`),
  `  ${"--tlsfirst".padEnd(43)}TLS handshake before the greeting`,
  `  ${"--js-domain <name>".padEnd(43)}JetStream domain`,
  `  ${"--js-api-prefix <subject>".padEnd(43)}JetStream API prefix`,
  "",
  "The flags may stand before or after the name of the command.",
  "Addresses start with nats:// or tls:// (TCP), or with ws:// or wss://",
  "(websocket). Separate several addresses of one kind with commas.",
  "A user name without a password is used as a token.",
  "",
  "Example: natslock ls -s tls://nats.example.com --creds ~/me.creds",
].join("\n");

/** Adds the flags of a command that connects to NATS and uses a bucket. `help` is the text about them. */
export function connecting(command: Command, help = `\n${SHORT_HELP}`): Command {
  const bucket = 'bucket (default: $NATSLOCK_BUCKET or "locks")';
  command.addOption(new Option("-b, --bucket <name>", bucket).env("NATSLOCK_BUCKET").default("locks"));
  for (const [flags, env, meaning] of FLAGS) {
    command.addOption(new Option(flags, meaning).env(env).helpGroup(CONNECTION));
  }
  command.addOption(new Option("--tlsfirst", "TLS handshake before the greeting").helpGroup(CONNECTION));
  command.addOption(new Option("--js-domain <name>", "JetStream domain").helpGroup(CONNECTION));
  command.addOption(new Option("--js-api-prefix <subject>", "JetStream API prefix").helpGroup(CONNECTION));
  command.addOption(new Option("--server <urls>", "alias of --servers").hideHelp());
  return command.addHelpText("after", help);
}

/** Accepts the connection flags also before the name of the command. A flag after the name replaces one before it. */
export function connectingBefore(program: Command): void {
  const known = program.commands.flatMap(({ options }) => options);
  const isConnection = ({ long, helpGroupHeading: group }: Option) =>
    group === CONNECTION || long === "--bucket" || long === "--server";
  const found = new Map(known.filter(isConnection).map((option) => [option.long, option]));
  for (const { flags, description } of found.values()) {
    program.addOption(new Option(flags, description).helpGroup(CONNECTION));
  }
  program.hook("preAction", (_program, command) => {
    for (const option of command.options) {
      const name = option.attributeName();
      if (program.getOptionValueSource(name) !== "cli" || command.getOptionValueSource(name) === "cli") continue;
      command.setOptionValueWithSource(name, program.getOptionValue(name), "cli");
    }
  });
}

/** Adds an example to the end of a command's help. */
export function example(command: Command, ...lines: readonly string[]): Command {
  return command.addHelpText("after", `\n${["Example:", ...lines.map((line) => `  ${line}`)].join("\n")}`);
}

function argumentTerm(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** Groups that the help of a command leaves out. */
const HIDDEN: readonly string[] = [CONNECTION, QUEUES];

/** Layout of the help. It hides the long list of connection flags, which shell completion still offers. */
export const HELP_STYLE: Partial<Help> = {
  helpWidth: 80,
  sortOptions: false,
  optionDescription: ({ description }: Option): string => description,
  visibleArguments: (): never[] => [],
  longestOptionTermLength: (command: Command, helper: Help): number => {
    const shown = helper.visibleOptions(command).filter(({ helpGroupHeading: group = "" }) => !HIDDEN.includes(group));
    return Math.max(0, ...shown.map((option) => helper.optionTerm(option).length));
  },
  subcommandTerm: (command: Command): string =>
    [command.name(), ...command.registeredArguments.map((argument) => argumentTerm(argument))].join(" "),
  groupItems<T extends Command | Option>(all: T[], visible: T[], groupOf: (item: T) => string): Map<string, T[]> {
    const groups = new Map<string, T[]>();
    for (const item of [...all, ...visible]) groups.set(groupOf(item), []);
    for (const item of visible) groups.get(groupOf(item))?.push(item);
    for (const group of HIDDEN) groups.delete(group);
    return groups;
  },
};
