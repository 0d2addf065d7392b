export { serveGrpc, type GrpcOptions } from "./open-fga-grpc.ts";
