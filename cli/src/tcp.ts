/** The TCP transport. In a module of its own so that it is loaded only when it is used. */

export { connect } from "@nats-io/transport-node";
