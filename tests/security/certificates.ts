/**
 * A certificate authority for a test and a server certificate that it signed.
 *
 * @module
 */

// @ts-types="@types/node-forge"
import forge from "node-forge";

/** Everything that a server and its clients need, as PEM. */
export interface Certificates {
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

interface Subject {
  readonly name: string;
  readonly serial: string;
  readonly keys: forge.pki.rsa.KeyPair;
  readonly extensions: readonly Readonly<Record<string, unknown>>[];
}

const HOUR = 3_600_000;

/** Creates the authority and a certificate for servers on the loopback address. Both are valid for one hour. */
export async function certificates(): Promise<Certificates> {
  const [own, servers] = await Promise.all([keyPair(), keyPair()]);
  const usage = { name: "keyUsage", keyCertSign: true, critical: true };
  const constraints = { name: "basicConstraints", cA: true, critical: true };
  const authority: Subject = { name: "Test authority", serial: "01", keys: own, extensions: [constraints, usage] };
  const names = { name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] };
  const purpose = { name: "extKeyUsage", serverAuth: true };
  const server: Subject = { name: "Test server", serial: "02", keys: servers, extensions: [names, purpose] };
  return {
    authority: signed(authority, authority),
    certificate: signed(server, authority),
    key: forge.pki.privateKeyToPem(servers.privateKey),
  };
}

function keyPair(): Promise<forge.pki.rsa.KeyPair> {
  const { promise, resolve, reject } = Promise.withResolvers<forge.pki.rsa.KeyPair>();
  forge.pki.rsa.generateKeyPair({ bits: 2048 }, (error, keys) => error ? reject(error) : resolve(keys));
  return promise;
}

function signed({ name, serial, keys, extensions }: Subject, by: Subject): string {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = keys.publicKey;
  certificate.serialNumber = serial;
  certificate.validity.notBefore = new Date(Date.now() - HOUR);
  certificate.validity.notAfter = new Date(Date.now() + HOUR);
  certificate.setSubject([{ name: "commonName", value: name }]);
  certificate.setIssuer([{ name: "commonName", value: by.name }]);
  certificate.setExtensions([...extensions]);
  certificate.sign(by.keys.privateKey, forge.md.sha256.create());
  return forge.pki.certificateToPem(certificate);
}
