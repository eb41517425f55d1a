/** The websocket transport. In a module of its own so that it is loaded only when it is used. */

export { wsconnect } from "@nats-io/nats-core";
