/** The websocket transport, apart as the TCP one is. */

export { wsconnect } from "@nats-io/nats-core";
