// The server's certificate: read from files, and again when they change, as cert-manager and certbot change them.
import { createHash, createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import type { Server } from "node:https";
import { messageOf, PortcullisError } from "../../errors.js";
import type { Logger } from "../../observability/log.js";
import type { Api } from "../server.js";

export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

export interface Certificate {
  readonly options: SecureContextOptions;
  /** Of the certificate that is shown. */
  readonly expires: Date;
  /** Of both files. */
  readonly digest: string;
}

/** Throws `config-invalid` for what cannot be served with. */
export function readCertificate(files: CertificateFiles): Certificate {
  const [cert, key] = [readPem(files.cert), readPem(files.key)];
  try {
    const first = new X509Certificate(cert);
    if (!first.checkPrivateKey(createPrivateKey(key))) throw new Error("the key is not the certificate's");
    const options: SecureContextOptions = { cert, key, minVersion: "TLSv1.2" };
    createSecureContext(options);
    const digest = createHash("sha256").update(cert).update("\0").update(key).digest("hex");
    return { options, expires: new Date(first.validTo), digest };
  } catch (error) {
    throw new PortcullisError(
      "config-invalid",
      `${files.cert} and ${files.key} cannot be used for TLS: ${messageOf(error)}; expected a PEM certificate, with its chain, and its key without a passphrase`,
      { cause: error },
    );
  }
}

function readPem(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new PortcullisError("config-invalid", `${file} cannot be read: ${messageOf(error)}`, { places: [{ file }] });
  }
}

export interface FollowOptions {
  readonly files: CertificateFiles;
  /** What the server was started with. */
  readonly current: Certificate;
  readonly log: Pick<Logger, "info" | "warn">;
  readonly intervalMs?: number;
}

const defaultInterval = 10_000;

/**
 * While the server listens: new connections get the new certificate, those that are open go on. What cannot be used changes
 * nothing and is logged.
 */
export function followCertificate(
  api: Api,
  { files, log, intervalMs = defaultInterval, ...options }: FollowOptions,
): void {
  let { current } = options;
  let complaint = "";
  let timer: NodeJS.Timeout | undefined;
  // By content and not by events: files that are links, as in Kubernetes, change without one.
  const look = (): void => {
    try {
      const next = readCertificate(files);
      complaint = "";
      if (next.digest === current.digest) return;
      (api.server as unknown as Server).setSecureContext(next.options);
      current = next;
      log.info({ expires: next.expires.toISOString() }, "the TLS certificate was read again");
    } catch (error) {
      // Said once: a pair is often changed one file after the other.
      if (messageOf(error) !== complaint) log.warn(messageOf(error));
      complaint = messageOf(error);
    }
  };
  api.addHook("onListen", (done) => {
    if (current.expires < new Date()) log.warn(`the TLS certificate expired at ${current.expires.toISOString()}`);
    timer = setInterval(look, intervalMs);
    timer.unref();
    done();
  });
  api.addHook("onClose", (_api, done) => {
    clearInterval(timer);
    done();
  });
}
