// A receiver of traces by OTLP over HTTP, in protobuf: what the service sends is read by the field numbers of the published
// protocol (opentelemetry/proto/trace/v1/trace.proto), and not by the code that wrote it.
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import protobuf from "google-protobuf";

export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly failed: boolean;
  readonly message: string;
  /** Of the process that it comes from. */
  readonly resource: Readonly<Record<string, string | number | boolean>>;
}

export interface OtlpReceiver {
  readonly endpoint: string;
  readonly spans: readonly ReceivedSpan[];
  /** As it came, for secrets to be looked for. */
  readonly bytes: readonly Buffer[];
  close(): Promise<void>;
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const bytes: Buffer[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      bytes.push(body);
      const isTraces = request.url === "/v1/traces" && request.headers["content-type"] === "application/x-protobuf";
      if (isTraces) spans.push(...decode(body));
      response.writeHead(isTraces ? 200 : 415, { "content-type": "application/x-protobuf" }).end();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    ...{ endpoint: `http://127.0.0.1:${port}`, spans, bytes },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

type Fields = ReadonlyMap<number, readonly unknown[]>;

/** A message by its field numbers: numbers, or bytes for whatever has a length. */
function fieldsOf(bytes: Uint8Array): Fields {
  const reader = new protobuf.BinaryReader(bytes);
  const fields = new Map<number, unknown[]>();
  while (reader.nextField()) {
    const list = fields.get(reader.getFieldNumber()) ?? [];
    fields.set(reader.getFieldNumber(), list);
    const type = reader.getWireType() as number;
    if (type === 2) list.push(reader.readBytes());
    else if (type === 0) list.push(reader.readInt64());
    else if (type === 1) list.push(reader.readDouble());
    else list.push(reader.readFixed32());
  }
  return fields;
}

const below = (fields: Fields, at: number): Fields[] =>
  (fields.get(at) ?? []).map((one) => fieldsOf(one as Uint8Array));
const bytesAt = (fields: Fields, at: number): Buffer => Buffer.from((fields.get(at)?.[0] ?? []) as Uint8Array);

function attributesOf(fields: Fields, at: number): Record<string, string | number | boolean> {
  const pairs = below(fields, at).map((pair) => {
    const [value] = below(pair, 2);
    const text = value?.get(1);
    const number = value?.get(3) ?? value?.get(4);
    const plain = text !== undefined ? Buffer.from(text[0] as Uint8Array).toString() : Number(number?.[0] ?? NaN);
    return [bytesAt(pair, 1).toString(), value?.has(2) === true ? value.get(2)?.[0] === 1 : plain] as const;
  });
  return Object.fromEntries(pairs);
}

function decode(body: Buffer): ReceivedSpan[] {
  return below(fieldsOf(body), 1).flatMap((group) => {
    const resource = attributesOf(below(group, 1)[0] ?? new Map<number, unknown[]>(), 1);
    const found = below(group, 2).flatMap((scope) => below(scope, 2));
    return found.map((span) => {
      const status = below(span, 15)[0];
      return {
        ...{ traceId: bytesAt(span, 1).toString("hex"), spanId: bytesAt(span, 2).toString("hex") },
        ...{ parentId: bytesAt(span, 4).toString("hex"), name: bytesAt(span, 5).toString() },
        ...{ kind: Number(span.get(6)?.[0] ?? 0), attributes: attributesOf(span, 9), resource },
        ...{ failed: status?.get(3)?.[0] === 2, message: status === undefined ? "" : bytesAt(status, 2).toString() },
      };
    });
  });
}
