import type * as Grpc from "@grpc/grpc-js";
import { OpenFgaError } from "../errors.ts";
import { PresharedKeys, type OpenFgaServer } from "../http/open-fga-server.ts";
import type { OpenFga } from "../open-fga.ts";
import type { Plain } from "../wire/json.ts";
import type { MessageName } from "../wire/messages.ts";
import { messageFromProtobuf, messageToProtobuf } from "../wire/protobuf.ts";
import { listObjectsRequest, service, type ServiceMethod } from "../wire/service.ts";
import { requireShape } from "../wire/shapes.ts";

export interface GrpcOptions {
  fga: OpenFga;
  host?: string;
  /** 0 for any free one */
  port: number;
  /** pre-shared keys; without any, everybody may ask */
  keys?: readonly string[];
  tls?: { cert: Buffer; key: Buffer };
  onError?: (error: unknown) => void;
}

const serviceName = "openfga.v1.OpenFGAService";
const requestBytesMax = 616_448;

/** A request that could not be decoded. */
class Undecodable {
  readonly error: unknown;
  constructor(error: unknown) {
    this.error = error;
  }
}

const reader =
  (name: MessageName) =>
  (bytes: Buffer): Plain | Undecodable => {
    try {
      return messageFromProtobuf(name, bytes);
    } catch (error) {
      return new Undecodable(error);
    }
  };

const writer =
  (name: MessageName) =>
  (message: Plain): Buffer => {
    const bytes = messageToProtobuf(name, message);
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  };

/** OpenFGA's gRPC API over any engine; upstream's operators speak it. Loads the gRPC library. @throws Error when the port is taken */
export async function serveGrpc(options: GrpcOptions): Promise<OpenFgaServer> {
  const grpc = await import("@grpc/grpc-js");
  const { fga, host = "127.0.0.1", onError = () => undefined } = options;
  const keys = new PresharedKeys(options.keys ?? []);

  const requireCaller = (metadata: Grpc.Metadata): void => keys.require(metadata.get("authorization")[0]?.toString());
  const failure = (error: unknown): { code: number; details: string } => {
    if (error instanceof OpenFgaError) {
      if (error.code === "internal_error") onError(error.cause ?? error);
      return { code: error.code === "unimplemented" ? grpc.status.UNIMPLEMENTED : error.grpcCode, details: error.message };
    }
    onError(error);
    return { code: 4000, details: "Internal Server Error" };
  };
  const requireMessage = (name: MessageName, message: Plain | Undecodable): Plain => {
    if (message instanceof Undecodable) {
      throw new OpenFgaError("internal_error", "grpc: error unmarshalling request", { cause: message.error });
    }
    requireShape(name, message);
    return message;
  };

  const definitions: Grpc.ServiceDefinition = Object.create(null) as Grpc.ServiceDefinition;
  const implementations: Record<string, Grpc.UntypedHandleCall> = Object.create(null) as Record<string, Grpc.UntypedHandleCall>;
  const define = (name: string, request: MessageName, response: MessageName, stream: boolean, handle: Grpc.UntypedHandleCall): void => {
    (definitions as Record<string, unknown>)[name] = {
      path: `/${serviceName}/${name}`,
      requestStream: false,
      responseStream: stream,
      requestSerialize: writer(request),
      requestDeserialize: reader(request),
      responseSerialize: writer(response),
      responseDeserialize: reader(response),
    };
    implementations[name] = handle;
  };

  const unary =
    (method: ServiceMethod) =>
    (call: Grpc.ServerUnaryCall<Plain | Undecodable, Plain>, callback: Grpc.sendUnaryData<Plain>): void => {
      void (async () => {
        try {
          requireCaller(call.metadata);
          const request = requireMessage(method.request, call.request);
          const { message, modelId } = await method.call(fga, request);
          const headers = new grpc.Metadata();
          if (typeof request.store_id === "string") headers.set("openfga-store-id", request.store_id);
          if (modelId !== undefined) headers.set("openfga-authorization-model-id", modelId);
          call.sendMetadata(headers);
          callback(null, message);
        } catch (error) {
          callback(failure(error));
        }
      })();
    };
  for (const method of Object.values(service))
    define(method.name, method.request, method.response, false, unary(method) as Grpc.UntypedHandleCall);

  define("StreamedListObjects", "StreamedListObjectsRequest", "StreamedListObjectsResponse", true, ((
    call: Grpc.ServerWritableStream<Plain | Undecodable, Plain>,
  ) => {
    void (async () => {
      try {
        requireCaller(call.metadata);
        for await (const object of fga.streamedListObjects(
          listObjectsRequest(requireMessage("StreamedListObjectsRequest", call.request)),
        )) {
          if (call.cancelled) return;
          if (!call.write({ object })) {
            await new Promise<void>((resolve) => {
              call.once("drain", resolve);
              call.once("cancelled", resolve);
            });
          }
        }
        call.end();
      } catch (error) {
        call.emit("error", failure(error));
      }
    })();
  }) as Grpc.UntypedHandleCall);

  // grpc.health.v1: probes of deployments ask it, without a key.
  const health = {
    Check: {
      path: "/grpc.health.v1.Health/Check",
      requestStream: false,
      responseStream: false,
      requestSerialize: (bytes: Buffer) => bytes,
      requestDeserialize: (bytes: Buffer) => bytes,
      responseSerialize: (bytes: Buffer) => bytes,
      responseDeserialize: (bytes: Buffer) => bytes,
    },
  };
  const serving = Buffer.from([0x08, 0x01]);

  const server = new grpc.Server({ "grpc.max_receive_message_length": requestBytesMax });
  server.addService(definitions, implementations);
  server.addService(health, { Check: (_call: unknown, callback: Grpc.sendUnaryData<Buffer>) => callback(null, serving) });
  const credentials = options.tls
    ? grpc.ServerCredentials.createSsl(null, [{ cert_chain: options.tls.cert, private_key: options.tls.key }])
    : grpc.ServerCredentials.createInsecure();
  const shown = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${shown}:${options.port}`, credentials, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  return {
    port,
    close: () =>
      new Promise<void>((resolve) => {
        const force = setTimeout(() => server.forceShutdown(), 1_000);
        server.tryShutdown(() => {
          clearTimeout(force);
          resolve();
        });
      }),
  };
}
