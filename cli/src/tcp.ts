/** The TCP transport, apart so that it is loaded only when it is used. */

export { connect } from "@nats-io/transport-node";
